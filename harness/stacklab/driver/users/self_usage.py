"""The driver watches itself: its processor time and its wait for a processor, second by second."""

import gc
import os
import time
from pathlib import Path

from stacklab.driver.pacing.pace import PhaseBounds
from stacklab.model.measured.record import DriverSecond
from stacklab.units import NS_PER_S, Nanoseconds

SCHEDSTAT = Path("/proc/thread-self/schedstat")
"""Of the thread that drives: time on a processor, time waiting for one, slices; nanoseconds."""


class SelfUsage:
    """Looks when asked to, and notes a second when it is over."""

    def __init__(self, start_ns: Nanoseconds) -> None:
        self.seconds: list[DriverSecond] = []
        self._bounds_ns: tuple[Nanoseconds, ...] = ()
        self._schedstat = os.open(SCHEDSTAT, os.O_RDONLY | os.O_CLOEXEC) if SCHEDSTAT.exists() else None
        self._since_ns = start_ns
        self._until_ns = self._next_end_ns()
        self._cpu_ns = time.process_time_ns()
        self._delay_ns = self._read_delay_ns()

    def fix(self, bounds: PhaseBounds) -> None:
        """Hear when the measured window is, before it begins: no second straddles a bound of it."""
        self._bounds_ns = (bounds.measure_ns, bounds.end_ns)
        self._until_ns = self._next_end_ns()

    def check(self, now_ns: Nanoseconds) -> None:
        """Note the running second if it is over. That costs some 20 µs, once a second."""
        if now_ns >= self._until_ns:
            self._note(now_ns)

    def close(self, now_ns: Nanoseconds) -> None:
        """Note the last second, however short."""
        self._note(now_ns)
        if self._schedstat is not None:
            os.close(self._schedstat)
            self._schedstat = None

    def _note(self, now_ns: Nanoseconds) -> None:
        cpu_ns, delay_ns = time.process_time_ns(), self._read_delay_ns()
        waited = None if delay_ns is None or self._delay_ns is None else (delay_ns - self._delay_ns) / NS_PER_S
        self.seconds.append(
            DriverSecond(
                start_ns=self._since_ns,
                wall_s=(now_ns - self._since_ns) / NS_PER_S,
                cpu_s=(cpu_ns - self._cpu_ns) / NS_PER_S,
                run_queue_delay_s=waited,
            )
        )
        self._since_ns, self._cpu_ns, self._delay_ns = now_ns, cpu_ns, delay_ns
        self._until_ns = self._next_end_ns()

    def _next_end_ns(self) -> Nanoseconds:
        """One second on, or the end of the phase if that comes before."""
        full_ns = self._since_ns + NS_PER_S
        return min((bound_ns for bound_ns in self._bounds_ns if self._since_ns < bound_ns < full_ns), default=full_ns)

    def _read_delay_ns(self) -> Nanoseconds | None:
        return None if self._schedstat is None else int(os.pread(self._schedstat, 64, 0).split()[1])


def collections() -> int:
    """Count the garbage collections of this process so far."""
    return sum(generation["collections"] for generation in gc.get_stats())
