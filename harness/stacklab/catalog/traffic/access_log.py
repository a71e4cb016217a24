"""Access logs: those of nginx, Apache, gunicorn, uvicorn, hypercorn, granian, daphne, uWSGI, werkzeug and Django.

They differ in what comes before and after the request, and agree on `"GET /path HTTP/1.1" 200`; uWSGI alone writes
`GET /path => generated 5 bytes in 1 msecs (HTTP/1.1 200)`.
"""

import re
from typing import Final

from stacklab.catalog.traffic.gathering import Gathering

LINE: Final = re.compile(
    r"""
    "(?P<method>[A-Z]+) \s (?P<target>\S+) (?:\s (?:HTTP/)?[\d.]+)?" \s+ (?P<status>\d{3})\b
    | \] \s (?P<uwsgi_method>[A-Z]+) \s (?P<uwsgi_target>\S+) \s => .* \(HTTP/[\d.]+ \s (?P<uwsgi_status>\d{3})\)
    """,
    re.VERBOSE,
)

COLOUR: Final = re.compile(r"\x1b\[[\d;]*m")
"""uvicorn writes them on a terminal, and so into a file that was copied from one."""

LOOKED_AT: Final = 20
"""Lines that tell whether it is a log: the first ones may be cut off, a comment, or what a server says at its start."""


def is_one(text: str) -> bool:
    """Whether one of its first lines is that of a log."""
    lines = [line for line in text.splitlines() if line.strip()]
    return any(_found(line) for line in lines[:LOOKED_AT])


def gather(text: str, gathering: Gathering) -> None:
    """Every request that was answered well; a log knows no headers."""
    for line in text.splitlines():
        found = _found(line)
        if found is None:
            if line.strip():
                gathering.leave_out("not a line of an access log")
            continue
        method, target, status = found
        if status >= "400":
            gathering.leave_out(f"with status {status}")
        else:
            gathering.add(method, _path(target))


def _found(line: str) -> tuple[str, str, str] | None:
    """Method, target and status of a line."""
    found = LINE.search(COLOUR.sub("", line))
    if found is None:
        return None
    method, target, status = (part for part in found.groups() if part is not None)
    return method, target, status


def _path(target: str) -> str:
    """The path, of a proxy's whole address too."""
    return re.sub(r"^https?://[^/]+", "", target) or "/"
