"""The user's own app: the environments it is served in, and its rehearsal."""
