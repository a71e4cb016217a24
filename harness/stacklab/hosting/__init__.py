"""An app of the user's own: the machine that serves it, and its rehearsal."""
