"""Instructions that processes execute, where the processor counts them: the one door to perf_event_open(2).

Counted is user mode alone: a process may do that at the usual ``kernel.perf_event_paranoid`` of 2, and what the kernel
does on behalf of a server depends on who else it serves. A counter belongs to one thread, and counts along whatever
threads and processes that thread starts later.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable
from contextlib import suppress
from enum import Enum
from typing import Final

from stacklab.procfs import GONE, threads

SYSCALLS: Final = {"x86_64": 298, "aarch64": 241, "riscv64": 241}
"""The number of perf_event_open; glibc has no function for it."""

ATTRIBUTES: Final = struct.Struct("=IIQQQQQIIQ")
"""``struct perf_event_attr`` of ``<linux/perf_event.h>``, in its first version, which every kernel takes."""

TIME_ENABLED, TIME_RUNNING = 1, 2
INHERIT, EXCLUDE_KERNEL, EXCLUDE_HYPERVISOR = 1 << 1, 1 << 5, 1 << 6
CLOEXEC: Final = 1 << 3

REASONS: Final = {
    errno.ENOSYS: "This kernel has no perf events, or a sandbox blocks them.",
    errno.EACCES: "This process may not count them: kernel.perf_event_paranoid is above 2, or a container forbids it.",
    errno.EPERM: "This process may not count them: kernel.perf_event_paranoid is above 2, or a container forbids it.",
}
NO_COUNTER: Final = "The processor or the virtual machine exposes no counter for them."
"""ENOENT, EOPNOTSUPP, ENODEV …"""


class Event(Enum):
    """What is counted: type and number of perf_event_open."""

    INSTRUCTIONS = (0, 1)
    TASK_CLOCK = (1, 1)
    """Nanoseconds on a processor: the kernel counts them itself, on every machine."""


class Counter:
    """Counts what one thread does from now on, and what comes from it."""

    def __init__(self, tid: int, event: Event = Event.INSTRUCTIONS) -> None:
        """Raises ``OSError`` where that is not counted here, or not for this process, or the thread is gone."""
        kind, number = event.value
        attributes = ATTRIBUTES.pack(
            kind,
            ATTRIBUTES.size,
            number,
            0,
            0,
            TIME_ENABLED | TIME_RUNNING,
            INHERIT | EXCLUDE_KERNEL | EXCLUDE_HYPERVISOR,
            0,
            0,
            0,
        )
        syscall = SYSCALLS.get(platform.machine())
        if syscall is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        on_any_cpu, in_no_group = -1, -1
        self._fd: int = _LIBC.syscall(syscall, attributes, tid, on_any_cpu, in_no_group, CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def read(self) -> int | None:
        """How much by now; None where others had the counter for a part of the time."""
        value, enabled, running = struct.unpack("=QQQ", os.read(self._fd, 24))
        return value if running == enabled else None

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._fd)


class Instructions:
    """Counts for some processes as they are now, and for whatever they start; for none where that cannot be done."""

    def __init__(self, pids: Iterable[int], event: Event = Event.INSTRUCTIONS) -> None:
        self._counters: dict[int, list[Counter]] = {}
        try:
            for pid in pids:
                counters = self._counters[pid] = []
                for tid in _threads(pid):
                    with suppress(ProcessLookupError):
                        counters.append(Counter(tid, event))
        except OSError:
            self.close()  # a part of the threads would be a wrong number

    def of(self, pid: int) -> int | None:
        """What this process has executed, with those that it has started; None where that is not known."""
        counts = [counter.read() for counter in self._counters.get(pid, ())]
        known = [count for count in counts if count is not None]
        return sum(known) if counts and len(known) == len(counts) else None

    def close(self) -> None:
        """Count no more."""
        for counters in self._counters.values():
            for counter in counters:
                counter.close()
        self._counters.clear()


def _threads(pid: int) -> list[int]:
    """Those that a process has now; a process that has gone has none."""
    try:
        return list(map(int, threads(pid)))
    except GONE:
        return []


def refusal() -> str | None:
    """Why instructions are not counted on this machine; None where they are."""
    try:
        Counter(0).close()
    except OSError as error:
        return REASONS.get(error.errno or 0, NO_COUNTER)
    return None


_LIBC: Final = ctypes.CDLL(None, use_errno=True)
