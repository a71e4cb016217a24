"""Follows the threads of a process tree: what each has used of the processors, those that have ended included."""

import os
from contextlib import suppress
from typing import Final, NamedTuple, Self

from stacklab.effects.clock import now_ns
from stacklab.model.measured.profile import ThreadUse
from stacklab.procfs import GONE, read, threads, tree
from stacklab.units import NS_PER_S, Nanoseconds

NS_PER_TICK: Final = NS_PER_S // os.sysconf("SC_CLK_TCK")


class ThreadTimes(NamedTuple):
    """What one thread has used since it began."""

    cpu_ns: Nanoseconds
    system_ns: Nanoseconds
    delay_ns: Nanoseconds

    def since(self, before: "ThreadTimes") -> "ThreadTimes":
        """What it has used since then."""
        return ThreadTimes(*(now - then for now, then in zip(self, before, strict=True)))


NOTHING: Final = ThreadTimes(0, 0, 0)


class ThreadClock:
    """Read it as often as threads come and go: of one that ends, what it used after the last reading is lost."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._before: dict[tuple[int, int], ThreadTimes] = {}
        self._now: dict[tuple[int, int], ThreadTimes] = {}
        self._names: dict[tuple[int, int], str] = {}
        self._alive: frozenset[int] = frozenset()
        self.begin_ns: Nanoseconds = 0
        self.end_ns: Nanoseconds = 0
        """When it was started, and when it was read last: CLOCK_MONOTONIC."""

    @classmethod
    def started(cls, root: int) -> Self:
        """Count from now on."""
        clock = cls(root)
        clock.read()
        clock._before, clock.begin_ns = dict(clock._now), clock.end_ns
        return clock

    def read(self) -> None:
        """Take in what has been used by now."""
        self.end_ns = now_ns()
        pids = tree(self._root)
        for pid in pids:
            for key, (name, times) in thread_times(pid).items():
                self._names[key], self._now[key] = name, times
        self._alive = frozenset(pids)

    @property
    def cpu_ns(self) -> Nanoseconds:
        """What all threads together have used since the start."""
        return sum(use.cpu_ns for use in self.uses())

    @property
    def ended(self) -> tuple[int, ...]:
        """Processes that were there, and are not any more."""
        return tuple(sorted({pid for pid, _ in self._now} - self._alive))

    @property
    def joined(self) -> tuple[int, ...]:
        """Processes that were not there at the start."""
        return tuple(sorted({pid for pid, _ in self._now} - {pid for pid, _ in self._before}))

    def uses(self) -> tuple[ThreadUse, ...]:
        """What each thread has used since the start; threads that used nothing are left out."""
        used = {key: now.since(self._before.get(key, NOTHING)) for key, now in self._now.items()}
        return tuple(
            ThreadUse(
                pid=pid,
                tid=tid,
                cpu_ns=times.cpu_ns,
                system_ns=min(times.system_ns, times.cpu_ns),
                delay_ns=times.delay_ns,
                name=self._names[pid, tid],
            )
            for (pid, tid), times in sorted(used.items())
            if times.cpu_ns > 0
        )


def thread_times(pid: int) -> dict[tuple[int, int], tuple[str, ThreadTimes]]:
    """The name of each thread of a process and what it has used, by process and thread; empty if it has ended.

    Where the kernel has no schedstat, time comes in steps of 10 ms.
    """
    found: dict[tuple[int, int], tuple[str, ThreadTimes]] = {}
    with suppress(*GONE):
        for task in threads(pid):
            with suppress(*GONE):
                found[pid, int(task)] = _times(f"/proc/{pid}/task/{task}")
    return found


def _times(folder: str) -> tuple[str, ThreadTimes]:
    # proc(5) counts the fields from 1, and the first one behind the name is the third.
    head, _, fields = read(f"{folder}/stat").rpartition(b")")
    name, stat = head.partition(b"(")[2].decode(errors="replace"), fields.split()
    user_ns, system_ns = int(stat[11]) * NS_PER_TICK, int(stat[12]) * NS_PER_TICK
    if not os.path.exists("/proc/self/schedstat"):  # noqa: PTH110 (path objects would take longer than the reading)
        return name, ThreadTimes(user_ns + system_ns, system_ns, 0)
    run, delay, _ = read(f"{folder}/schedstat").split()
    return name, ThreadTimes(int(run), system_ns, int(delay))
