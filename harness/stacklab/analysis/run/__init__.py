"""One run: its rows become a summary."""
