"""What every app does when it is asked: payloads, a computation, waits, a count. Frameworks add only themselves.

Rule 1: standard library only, so that it runs in any stack's environment.
Rule 2: functions return what a handler would: text, or a dict for the framework to turn into JSON in its own way.
"""

import json
import os
import threading
import time
from urllib.parse import parse_qs

MAX_STEPS = 10_000_000
MAX_MS = 10_000
GREETING = "Hello, World!"


class BadParameterError(ValueError):
    """A query parameter is missing or impossible. The apps answer 400 and say so in JSON."""


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
    return _whole_number("steps", text, limit=MAX_STEPS)


def parse_ms(text: str | None) -> int:
    """Read the parameter of the waits, milliseconds."""
    return _whole_number("ms", text, limit=MAX_MS)


def parameter(query: str, name: str) -> str | None:
    """First value of a parameter in a raw query string, for apps without a framework to read it."""
    return parse_qs(query).get(name, [None])[0]


def compact_json(document: dict[str, str] | dict[str, int] | dict[str, int | str]) -> bytes:
    """JSON without blanks, for apps without a framework to write it."""
    return json.dumps(document, separators=(",", ":")).encode()


def served_by() -> str:
    """Process id of the worker. Asked for each response: a value kept from import time would survive a fork."""
    return str(os.getpid())


class Tally:
    """How many requests have reached this process. Its lock costs tens of nanoseconds and makes threads count right."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def add_one(self) -> None:
        """Count a request on its arrival."""
        with self._lock:
            self._count += 1

    def report(self) -> dict[str, int]:
        """Answer of the count endpoint; its own request is in it."""
        return {"pid": os.getpid(), "count": self._count}


tally = Tally()


def _whole_number(name: str, text: str | None, *, limit: int) -> int:
    if text is None:
        raise BadParameterError(f"{name}: the parameter is missing")
    try:
        number = int(text)
    except ValueError:
        raise BadParameterError(f"{name}: not a whole number") from None
    if not 0 <= number <= limit:
        raise BadParameterError(f"{name}: not between 0 and {limit}")
    return number
