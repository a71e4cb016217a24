"""No lie: the same as with the short queue, and room for everybody who waits."""

from lying import serve_one_by_one

serve_one_by_one(backlog=128)
