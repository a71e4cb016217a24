"""Reads /proc cheaply, because something else is measured meanwhile: files, threads, and the tree below a process."""

import os
from contextlib import suppress
from pathlib import Path

import psutil  # noqa: TID251 (for kernels without CONFIG_PROC_CHILDREN; reading the file costs a tenth of it)

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
