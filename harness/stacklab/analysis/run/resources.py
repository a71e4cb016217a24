"""Resources of a process tree in the measured window, from samples of counters that began with each process.

Rule 1: counters are taken at the window's borders, interpolated between the two samples around a border. If the samples
    do not reach a border, the observed increase is scaled to the whole window.
Rule 2: a process that appears in the window counts from zero. One that disappears keeps its last sample, and
    its later usage is known to its parent alone, which inherits user and system time.
Rule 3: schedstat counts in nanoseconds and forgets threads and processes that ended; the times count in steps of 10 ms
    and forget nothing. So schedstat is used unless the times show more than their steps can explain.
Rule 4: a counter that no sample could read is None.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from stacklab.analysis.run.columns import Window
from stacklab.columns import MISSING, Column, Columns
from stacklab.model.measured.record import Role
from stacklab.units import NS_PER_MS

_STEPS_NS: Final = 20 * NS_PER_MS
"""Largest error of a process's user and system time because of their steps: 10 ms each. Nothing else tells them from
schedstat: Linux scales them to the same sum, and both are read in one sample."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeUsage:
    """One role's processes over the window: counters as their increase, sizes as they stood at its end."""

    cpu_ns: float | None
    from_schedstat: bool
    """False where ``cpu_ns`` has the 10 ms steps of user and system time."""
    user_ns: float | None
    system_ns: float | None
    delay_ns: float | None
    switches_voluntary: float | None
    """Voluntary: the process had to wait for something."""
    switches_involuntary: float | None
    """Involuntary: the scheduler gave the processor to another process."""
    rss_bytes: int | None
    pss_bytes: int | None
    threads: int | None
    files: int | None
    instructions: float | None = None
    """Executed in user mode; None where the processor does not count them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostUsage:
    """The whole machine over the window, summed over its processors."""

    busy_ns: float | None
    steal_ns: float | None
    cpu_pressure_ns: float | None = None
    memory_pressure_ns: float | None = None
    io_pressure_ns: float | None = None
    listen_overflows: float | None = None
    """This and the following fields span the first sample to the last: connections are made before the window."""
    listen_drops: float | None = None
    syn_retransmits: float | None = None


def tree_usage(usage: Columns, role: Role, window: Window) -> TreeUsage:
    """Usage of the server's or the driver's processes; rows are in the order of time."""
    looks = _Looks(usage, role, window)
    user, system, run = looks.inherited("cpu_user_ns"), looks.inherited("cpu_system_ns"), looks.gained("run_ns")
    times = None if user is None or system is None else user + system
    forgot = run is not None and times is not None and times - run > looks.steps_ns
    return TreeUsage(
        cpu_ns=times if run is None or forgot else run,
        from_schedstat=run is not None and not forgot,
        user_ns=user,
        system_ns=system,
        delay_ns=looks.gained("delay_ns"),
        switches_voluntary=looks.gained("switches_voluntary"),
        switches_involuntary=looks.gained("switches_involuntary"),
        rss_bytes=looks.size("rss_bytes"),
        pss_bytes=looks.size("pss_bytes"),
        threads=looks.size("threads"),
        files=looks.size("files"),
        instructions=looks.gained("instructions"),
    )


def host_usage(usage: Columns, window: Window) -> HostUsage:
    """Usage of the whole machine, steal time, pressure, and rejected connections."""
    looks = _Looks(usage, Role.HOST, window)
    over_the_window = ("busy_ns", "steal_ns", "cpu_pressure_ns", "memory_pressure_ns", "io_pressure_ns")
    over_all = ("listen_overflows", "listen_drops", "syn_retransmits")
    return HostUsage(
        **{name: looks.gained(name) for name in over_the_window}, **{name: looks.gained_ever(name) for name in over_all}
    )


@dataclass(frozen=True, slots=True)
class _Process:
    """The samples of one process, in the order of time."""

    columns: Columns

    def alive(self, t_ns: int) -> bool:
        """Whether samples on both sides of that moment, or at it, include the process."""
        times = self.columns["t_ns"]
        return bool(times[0] <= t_ns <= times[-1])

    def seen_within(self, left_ns: int, right_ns: int) -> bool:
        """Whether the process was there at any time between two moments."""
        times = self.columns["t_ns"]
        return bool(times[0] <= right_ns and times[-1] >= left_ns)

    def readable(self, name: str) -> Column:
        """The values of a counter that could be read; none in a session that is older than the counter."""
        values = self.columns.get(name)
        return np.empty(0, dtype=np.int64) if values is None else values[values != MISSING]

    def counter(self, name: str, t_ns: int) -> float | None:
        """A counter at that moment, interpolated; beyond the samples the nearest one holds."""
        values = self.readable(name)
        if not len(values):
            return None
        return float(np.interp(t_ns, self.columns["t_ns"][self.columns[name] != MISSING], values))

    def size(self, name: str, t_ns: int) -> int | None:
        """A size in the sample nearest to that moment."""
        readable = self.columns[name] != MISSING
        if not readable.any():
            return None
        nearest = np.abs(self.columns["t_ns"][readable] - t_ns).argmin()
        return int(self.columns[name][readable][nearest])


class _Looks:
    """The samples of one role's processes, for one window."""

    def __init__(self, usage: Columns, role: Role, window: Window) -> None:
        looks = {name: column[usage["role"] == int(role)] for name, column in usage.items()}
        times = looks["t_ns"]
        self._left = max(window.start_ns, int(times[0])) if len(times) else window.start_ns
        self._right = min(window.end_ns, int(times[-1])) if len(times) else window.start_ns
        seen_ns = self._right - self._left
        self._scale = window.length_ns / seen_ns if seen_ns > 0 else None
        self._every = tuple(
            _Process({name: column[looks["pid"] == pid] for name, column in looks.items()})
            for pid in np.unique(looks["pid"])
        )
        self._seen = [process for process in self._every if process.seen_within(self._left, self._right)]
        self._at_left = [process for process in self._seen if process.alive(self._left)]
        self._at_right = [process for process in self._seen if process.alive(self._right)]

    @property
    def steps_ns(self) -> float:
        """Largest error of the summed times of all processes because of their steps."""
        return _STEPS_NS * len(self._seen)

    def gained(self, name: str) -> float | None:
        """Increase of a counter that ends with its process."""
        return self._increase(name, self._seen)

    def gained_ever(self, name: str) -> float | None:
        """Increase of a counter from the first sample to the last, whatever the window."""
        grown = [int(values[-1] - values[0]) for process in self._every if len(values := process.readable(name))]
        return float(sum(grown)) if grown else None

    def inherited(self, name: str) -> float | None:
        """Increase of a counter that a parent inherits from children that ended."""
        return self._increase(name, self._at_right)

    def size(self, name: str) -> int | None:
        """Sum of a size over the processes that are there at the end of the window."""
        sizes = [size for process in self._at_right if (size := process.size(name, self._right)) is not None]
        return sum(sizes) if sizes else None

    def _increase(self, name: str, counted: Sequence[_Process]) -> float | None:
        """The counted processes' value at the end of the window, less that of all processes at its start."""
        after = [value for process in counted if (value := process.counter(name, self._right)) is not None]
        if not after or self._scale is None:
            return None
        before = [value for process in self._at_left if (value := process.counter(name, self._left)) is not None]
        # Less than nothing is left over where the parent that inherits is outside the tree.
        return max(sum(after) - sum(before), 0.0) * self._scale
