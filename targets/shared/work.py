"""What every app does when it is asked: payloads, a computation, waits, a count. Frameworks add only themselves.

Rule 1: standard library only, so that it runs in any stack's environment, of Python 3.9 too.
Rule 2: functions return what a handler would: text, or a dict for the framework to turn into JSON in its own way.

What the optional endpoints of the contract need lies beside it: orders.py, pages.py, streams.py, async_streams.py,
database/ and delays/.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any
from urllib.parse import parse_qs

MAX_STEPS = 10_000_000
MAX_MS = 10_000
GREETING = "Hello, World!"


class BadParameterError(ValueError):
    """A query parameter is missing or impossible. The apps answer 400 and say so in JSON."""


class TooLargeError(ValueError):
    """A body is beyond its limit. The apps answer 413 and say so in JSON."""


def served_parts() -> frozenset[str]:
    """The parts of the contract that this stack serves: its optional endpoints. The others may lack their packages."""
    return frozenset(os.environ.get("STACKLAB_SERVES", "").split(",")) - {""}


def greeting() -> dict[str, str]:
    """Built for every request, as an application's answers are."""
    return {"message": GREETING}


def spin(steps: int) -> dict[str, int | str]:
    """Compute for a number of steps, never for a time: the same work on every machine and under any load.

    The linear congruential generator of Numerical Recipes (1664525, 1013904223, modulo 2**32), from 0. It holds the
    GIL throughout. 15 000 steps are about 1 ms of CPython 3.11 to 3.13 on a 3 GHz core.
    """
    state = 0
    for _ in range(steps):
        state = (1_664_525 * state + 1_013_904_223) & 0xFFFF_FFFF
    return {"steps": steps, "digest": f"{state:08x}"}


def wait_blocking(ms: int) -> dict[str, int]:
    """Wait in the calling thread. Looked up late, so that gevent's monkey-patching makes it gevent's sleep."""
    time.sleep(ms / 1000)  # noqa: TID251 (blocking is what this endpoint is for; the harness is another process)
    return waited(ms)


def waited(ms: int) -> dict[str, int]:
    """Answer for a wait that is over, whichever way it was waited."""
    return {"waited_ms": ms}


def parse_steps(text: str | None) -> int:
    """Read the parameter of the computation."""
    return whole_number("steps", text, most=MAX_STEPS)


def parse_ms(text: str | None) -> int:
    """Read the parameter of the waits, milliseconds."""
    return whole_number("ms", text, most=MAX_MS)


def whole_number(name: str, text: str | None, *, least: int = 0, most: int) -> int:
    """Read a parameter between two limits, both included."""
    if text is None:
        raise BadParameterError(f"{name}: the parameter is missing")
    try:
        number = int(text)
    except ValueError:
        raise BadParameterError(f"{name}: not a whole number") from None
    if not least <= number <= most:
        raise BadParameterError(f"{name}: not between {least} and {most}")
    return number


def parameter(query: str, name: str) -> str | None:
    """First value of a parameter in a raw query string, for apps without a framework to read it."""
    return parse_qs(query).get(name, [None])[0]


def compact_json(document: dict[str, Any]) -> bytes:
    """JSON without blanks, for apps without a framework to write it."""
    return json.dumps(document, separators=(",", ":")).encode()


def served_by() -> str:
    """Process id of the worker. Asked for each response: a value kept from import time would survive a fork."""
    return str(os.getpid())


def gil() -> int:
    """1 if the GIL is on. A build that can do without has it on again once an extension is loaded that needs it."""
    is_on = getattr(sys, "_is_gil_enabled", None)  # since Python 3.13; before that there was nothing to ask
    return 1 if is_on is None else int(is_on())


def accepted() -> dict[str, bool]:
    """Answer to a request whose work is done in the background, after the response."""
    return {"accepted": True}


class Tally:
    """How often something happened in this process. Its lock costs tens of nanoseconds, and threads count right."""

    def __init__(self, counted: str) -> None:
        self._counted = counted
        self._lock = threading.Lock()
        self._count = 0

    def add_one(self) -> None:
        """Count it, whichever thread it happens in."""
        with self._lock:
            self._count += 1

    def report(self) -> dict[str, int]:
        """What an app answers that is asked for the count. How it runs is told along with it, under load too."""
        return {"pid": os.getpid(), self._counted: self._count, "gil": gil()}


tally = Tally("count")
"""Requests, each counted on its arrival: that of the count endpoint is in its own answer."""

tasks = Tally("done")
"""Tasks in the background that are done."""

dependencies = Tally("closed")
"""Dependencies that were torn down after their response."""
