"""The page of the template endpoint: its twenty rows, and how it is rendered without an engine.

One text holds what has to be escaped, but no quotes: engines write those in different ways.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import NamedTuple

TEMPLATES = Path(__file__).parent / "templates"
"""For the engines. Each gives the bytes of ``render_page``."""


class Fortune(NamedTuple):
    """One row of the page. Engines read its fields as attributes."""

    id: int
    message: str


def fortunes() -> list[Fortune]:
    """Built for every request, as rows from a database would be."""
    return [Fortune(number, message) for number, message in enumerate(MESSAGES, 1)]


def render_page(rows: list[Fortune]) -> str:
    """HTML in the plain way."""
    return PAGE % "".join([ROW % (row.id, escape(row.message)) for row in rows])


PAGE = """\
<!DOCTYPE html>
<html>
<head><title>Fortunes</title></head>
<body>
<table>
<tr><th>id</th><th>message</th></tr>
%s</table>
</body>
</html>"""

ROW = "<tr><td>%d</td><td>%s</td></tr>\n"

MESSAGES = (
    "A cache that is never wrong is a variable.",
    "A queue is a promise to be late.",
    "After the first retry comes the second.",
    "All clocks agree until they are asked.",
    "An average is where nobody lives.",
    "Every timeout is somebody else waiting.",
    "It was fast before it was measured.",
    "Locks are polite; lock holders are not.",
    "Nobody waits in a closed loop.",
    "Nothing is as permanent as a temporary file.",
    "<script>alert(1 && 2)</script>",
    "One connection is not a load.",
    "Ready is an answer, not a time.",
    "Somewhere a garbage collector is choosing the moment.",
    "The fastest answer is a wrong one.",
    "The last percent is most of the story.",
    "Threads share everything, the blame too.",
    "Two numbers that differ are not yet a difference.",
    "What is void is shown, and never ranked.",
    "フレームワークのベンチマーク",
)
