"""An accept queue of one, and one connection at a time, each closed after its answer."""

from lying import serve_one_by_one

serve_one_by_one(backlog=0)
