"""Claims and findings as a page, in the terminal and as JSON."""
