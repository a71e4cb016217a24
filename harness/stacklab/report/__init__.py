"""Pages from sessions: ``view`` does the thinking, the renderers only render."""
