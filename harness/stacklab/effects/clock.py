"""The clock, and the only sleep. All times are CLOCK_MONOTONIC nanoseconds, as in every file stacklab writes."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from stacklab.units import NS_PER_S, Nanoseconds, Seconds, ns_from_s

ValueT = TypeVar("ValueT")


def now_ns() -> Nanoseconds:
    """CLOCK_MONOTONIC: comparable between all processes of one machine, meaningless beyond it."""
    return time.monotonic_ns()


def utc_now() -> str:
    """The time of day for people: UTC, ISO 8601, whole seconds (``2026-11-20T10:15:00Z``)."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def pause_until(t_ns: Nanoseconds) -> None:
    """Return at this moment or just after it; at once if it has passed."""
    while (remaining_ns := t_ns - now_ns()) > 0:
        time.sleep(remaining_ns / NS_PER_S)  # noqa: TID251 (the one place that sleeps)


def wait_for(condition: Callable[[], ValueT | None], *, deadline_s: Seconds, every_s: Seconds = 0.005) -> ValueT | None:
    """Call the condition again and again until it gives a value: that value, or None once the deadline has passed.

    It is called at least once, and once more after the deadline, so that a slow last pause costs nothing.
    """
    deadline_ns = now_ns() + ns_from_s(deadline_s)
    while True:
        late = now_ns() >= deadline_ns
        value = condition()
        if value is not None or late:
            return value
        pause_until(min(now_ns() + ns_from_s(every_s), deadline_ns))
