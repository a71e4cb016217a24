"""The command line: verbs, the options that they share, and what they print."""
