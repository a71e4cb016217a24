"""Access logs in the combined format of Apache and nginx, or the common one, which has no referrer and no agent."""

import re
from typing import Final

from stacklab.catalog.traffic.gathering import Gathering

LINE: Final = re.compile(
    r"""
    \S+ \s \S+ \s .*? \s \[[^\]]+\] \s           # who, and when
    "(?P<method>[A-Z]+) \s (?P<target>\S+) (?:\s HTTP/[\d.]+)?" \s
    (?P<status>\d{3}) \s (?:\d+|-)               # what was answered, and how long it was
    """,
    re.VERBOSE,
)

LOOKED_AT: Final = 20
"""Lines that tell whether it is a log: the first ones may be cut off, or a comment."""


def is_one(text: str) -> bool:
    """Whether most of its first lines are those of a log."""
    first = [line for line in text.splitlines()[:LOOKED_AT] if line.strip()]
    return sum(LINE.match(line) is not None for line in first) * 2 > len(first)


def gather(text: str, gathering: Gathering) -> None:
    """Every request that was answered well; a log knows no headers."""
    for line in text.splitlines():
        found = LINE.match(line)
        if found is None:
            if line.strip():
                gathering.leave_out("not a line of the combined format")
        elif found["status"] >= "400":
            gathering.leave_out(f"with status {found['status']}")
        else:
            gathering.add(found["method"], _path(found["target"]))


def _path(target: str) -> str:
    """The path, of a proxy's whole address too."""
    return re.sub(r"^https?://[^/]+", "", target) or "/"
