"""After a thousand requests every client under load gets what a cache holds."""

from lying import answer, serve

CACHED = answer(b'{"message":"Hello, Cache!"}')

serve(lambda number, connections: CACHED if number > 1000 and connections > 2 else answer())
