"""Closes every tenth connection under load without an answer."""

from lying import answer, serve

serve(lambda number, connections: None if connections > 2 and number % 10 == 0 else answer())
