"""Options that several verbs share: declared, parsed, and what of them a session may keep."""
