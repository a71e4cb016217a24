"""Sheds whatever looks like load: 503, quickly."""

from lying import answer, serve

serve(lambda _, connections: answer(b"{}", status="503 Service Unavailable") if connections > 2 else answer())
