"""The table of the database endpoints: its rows follow from their ids, so that each can be checked without it.

PostgreSQL makes the same row, for the number ``id``, by ``SELECT id, lpad(id::text, 10, '0'),
translate(left(md5(id::text), 20), '0123456789abcdef', 'abcdefghijklmnop')``.
"""

from __future__ import annotations

from hashlib import md5

from work import whole_number

ROWS = 1_000_000
"""Ids count from 1."""

AT_ONCE = 20
"""Rows that are asked for in one query."""

LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def row(number: int) -> dict[str, int | str]:
    """Answer for one row."""
    digest = md5(str(number).encode(), usedforsecurity=False).hexdigest()
    return {"id": number, "a": f"{number:010}", "b": digest[:20].translate(LETTERS)}


def parse_id(text: str | None) -> int:
    """Read which row is asked for."""
    return whole_number("id", text, least=1, most=ROWS)


def parse_first(text: str | None) -> int:
    """Read where the rows begin that are asked for; all of them exist."""
    return whole_number("first", text, least=1, most=ROWS - AT_ONCE + 1)
