"""Tells the truth: what happens to it is the machine's doing."""

from lying import answer, serve

serve(lambda *_: answer())
