"""A history of sessions: its sentences, and the text, JSON and page that show them."""
