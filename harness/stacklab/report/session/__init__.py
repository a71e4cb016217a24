"""A session as a page, in the terminal, as Markdown and as JSON."""
