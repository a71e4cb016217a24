"""Logs of servers: which of their lines tell what went wrong."""

import re
from collections.abc import Iterable
from typing import Final

REASON: Final = re.compile(
    r"""
    ^(\w+\.)*\w*(Error|Exception|Exit)(:|$)   # the last line of a traceback
    | \bError[ ]loading[ ]ASGI[ ]app\b        # uvicorn
    | \bFailed[ ]to[ ](find|parse)\b          # gunicorn
    | \bFATAL:                               # PostgreSQL
    """,
    re.VERBOSE,
)
"""A line of a server's log that says why it does not serve."""

_LOUD: Final = re.compile(r"\b(ERROR|CRITICAL|FATAL)\b")


def told_last(lines: Iterable[str]) -> str:
    """The last line that ends a traceback; else the last one that calls itself an error; else the last one."""
    written = [line.strip() for line in lines if line.strip()]
    for telling in (REASON, _LOUD):
        found = [line for line in written if telling.search(line)]
        if found:
            return found[-1]
    return written[-1] if written else ""
