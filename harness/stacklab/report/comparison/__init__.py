"""A comparison as words, in the terminal, as Markdown and as JSON."""
