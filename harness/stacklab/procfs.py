"""Reads /proc cheaply, because something else is measured meanwhile: threads, process trees, and what they have used.

The harness reads it, and the driver, which stands nearest to the borders of a slice.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import psutil  # noqa: TID251 (for kernels without CONFIG_PROC_CHILDREN; reading the file costs a tenth of it)

from stacklab.units import NS_PER_S

_NS_PER_TICK: Final = NS_PER_S // os.sysconf("SC_CLK_TCK")

GONE = (FileNotFoundError, ProcessLookupError)
"""What /proc raises for a process that ended before, and for one that ended while it was read."""

_LISTED_BY_KERNEL = Path("/proc/thread-self/children").exists()


def read(path: str) -> bytes:
    """A small file, in one system call: what is read in pieces may not belong together."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return os.read(fd, 64 * 1024)
    finally:
        os.close(fd)


def threads(pid: int) -> list[str]:
    """The threads of a process, by their numbers."""
    return os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 (path objects would take longer than the reading)


def tree(root: int) -> tuple[int, ...]:
    """This process and every process below it, parents before children; empty if it has ended.

    Processes that come and go while this reads may be missed, or listed though they have just ended.
    """
    if not _LISTED_BY_KERNEL:
        return _found_by_scan(root)
    if not Path(f"/proc/{root}").exists():
        return ()
    found = [root]
    for pid in found:  # grows while it is read
        found += _children(pid)
    return tuple(found)


def _children(pid: int) -> list[int]:
    """What the threads of a process have started, as far as it still lives; a process that has gone has none."""
    children: list[int] = []
    with suppress(*GONE):
        for task in threads(pid):
            with suppress(*GONE):  # a thread that has ended takes nothing away from the others
                children += map(int, read(f"/proc/{pid}/task/{task}/children").split())
    return children


def _found_by_scan(root: int) -> tuple[int, ...]:
    """The same from the parents of all processes of the machine."""
    try:
        return (root, *(child.pid for child in psutil.Process(root).children(recursive=True)))
    except psutil.NoSuchProcess:
        return ()


class TreeCounters(NamedTuple):
    """What all threads of a process tree have used so far; None where the kernel does not say."""

    cpu_ns: int | None
    """Time on a processor."""
    delay_ns: int | None
    """Time ready to run without a processor."""
    switches_voluntary: int
    switches_involuntary: int
    awake: int
    """Threads that run, or are ready to."""


def counters_of(root: int) -> TreeCounters:
    """The counters of a process and of everything below it; threads and processes that have ended are not in them.

    A thread that sleeps is counted to the nanosecond. One that runs is behind by up to a tick of the kernel (4 ms at
    250 Hz), so a reader waits until the tree has gone to sleep.
    """
    cpu_ns = delay_ns = voluntary = involuntary = awake = 0
    known = os.path.exists("/proc/self/schedstat")  # noqa: PTH110 (as above)
    for pid in tree(root):
        with suppress(*GONE):
            for task in threads(pid):
                with suppress(*GONE):
                    status = read(f"/proc/{pid}/task/{task}/status")
                    awake += b"\nState:\tR" in status
                    if known:  # read last: what sleeps now has been counted to the end
                        run, delay, _ = read(f"/proc/{pid}/task/{task}/schedstat").split()
                        cpu_ns += int(run)
                        delay_ns += int(delay)
                    voluntary += number_behind(b"\nvoluntary_ctxt_switches:", status)
                    involuntary += number_behind(b"\nnonvoluntary_ctxt_switches:", status)
    return TreeCounters(cpu_ns if known else None, delay_ns if known else None, voluntary, involuntary, awake)


def sleeps(root: int) -> bool:
    """Whether no thread of a process tree runs, or would if it had a processor."""
    for pid in tree(root):
        with suppress(*GONE):
            for task in threads(pid):
                with suppress(*GONE):
                    if read(f"/proc/{pid}/task/{task}/stat").rpartition(b") ")[2][:1] in {b"R", b"D"}:
                        return False
    return True


def steal_ns() -> int:
    """Time of all processors that the hypervisor gave to others since the machine was started, in steps of 10 ms."""
    return int(read("/proc/stat").split(maxsplit=9)[8]) * _NS_PER_TICK


def number_behind(key: bytes, text: bytes) -> int:
    """The number that follows a key."""
    return int(text.partition(key)[2].split(maxsplit=1)[0])
