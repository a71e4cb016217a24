"""Pages from sessions: verdicts come from ``analysis``, a view puts them into words and order, renderers write it."""
