"""Markdown: text that stays text, and tables."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>|#&~$])")
_MENTION: Final = re.compile(r"(?<!\w)@(?=\w)")
_APART: Final = "@\N{WORD JOINER}"
"""Behind an at sign, so that nobody is notified of a stranger's text."""
_ESCAPED_CODE: Final = re.compile(r"\\`(.+?)\\`")


def escaped(text: str) -> str:
    """What a log or a reason says stays text: no markup of its own, one line."""
    return _MENTION.sub(_APART, _SPECIAL.sub(r"\\\1", " ".join(text.split())))


def code(text: str) -> str:
    """A command or a target as code, whatever is in it: its fence is longer than any run of backticks there."""
    line = " ".join(text.split())
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    edge = " " if line.startswith("`") or line.endswith("`") or not line else ""
    return f"{fence}{edge}{line}{edge}{fence}"


def prose(text: str) -> str:
    """Text with code between backticks, in one line; the code is no markup there, and needs no escape."""
    return _ESCAPED_CODE.sub(lambda code: "`{}`".format(re.sub(r"\\(.)", r"\1", code[1])), escaped(text))


def table(heads: Iterable[str], rows: Iterable[Iterable[str]], *, numbers: Iterable[int] = ()) -> Iterator[str]:
    """The lines of a table, its texts as they are; the columns in ``numbers`` are set to the right."""
    heads, right = tuple(heads), set(numbers)
    yield _row(heads)
    yield _row("--:" if place in right else "---" for place in range(len(heads)))
    yield from map(_row, rows)


def _row(texts: Iterable[str]) -> str:
    return f"| {' | '.join(texts)} |"
