"""How much memory one more idle unit of concurrency takes: the slope of the proportional set size over their number.

``unit``: ``task`` (asyncio), ``greenlet`` (gevent), ``thread``, ``fork`` (a process forked from this one) or ``spawn``
(a fresh interpreter). Each has begun and waits. What the kernel keeps for a thread or a process is not in it.

Rows: ``pss_bytes`` of all processes together, at each of the ``units``; ``bytes_per_unit``, the slope through them.
"""

import asyncio
import os
import signal
import statistics
import subprocess  # noqa: TID251 (processes are among the units)
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from rows import Asked, cannot_run_here, row

Add = Callable[[int], None]
"""Starts so many more units, and returns when they wait."""


def tasks(_: list[int]) -> Add:
    """Tasks that wait for an event of asyncio."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    never = asyncio.Event()
    kept: list[asyncio.Task[bool]] = []

    def add(more: int) -> None:
        kept.extend(loop.create_task(never.wait()) for _ in range(more))
        loop.run_until_complete(asyncio.sleep(0))

    return add


def greenlets(_: list[int]) -> Add:
    """Greenlets that wait for an event of gevent."""
    import gevent.event  # noqa: PLC0415 (only in the environment of an arm that asks for it)

    never = gevent.event.Event()
    kept: list[gevent.Greenlet] = []

    def add(more: int) -> None:
        kept.extend(gevent.spawn(never.wait) for _ in range(more))
        gevent.sleep(0)

    return add


def threads(_: list[int]) -> Add:
    """Threads that wait for an event."""
    begun, never = threading.Semaphore(0), threading.Event()

    def wait() -> None:
        begun.release()
        never.wait()

    def add(more: int) -> None:
        for _ in range(more):
            try:
                threading.Thread(target=wait, daemon=True).start()
            except RuntimeError as error:
                cannot_run_here(f"So many threads cannot be started here: {error}.")
        for _ in range(more):
            begun.acquire()

    return add


def forks(pids: list[int]) -> Add:
    """Processes forked from this one, which share its pages until they write to them."""

    def add(more: int) -> None:
        for _ in range(more):
            told, tell = os.pipe()
            pid = os.fork()
            if not pid:
                os.write(tell, b"!")
                signal.pause()
            pids.append(pid)
            os.read(told, 1)
            os.close(told)
            os.close(tell)

    return add


def spawned(pids: list[int]) -> Add:
    """Interpreters started afresh."""
    program = "import signal, sys; sys.stdout.write('!'); sys.stdout.flush(); signal.pause()"
    kept: list[subprocess.Popen[bytes]] = []

    def add(more: int) -> None:
        for _ in range(more):
            kept.append(subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE))
            pids.append(kept[-1].pid)
            kept[-1].stdout.read(1)

    return add


UNITS: dict[str, Callable[[list[int]], Add]] = {
    "task": tasks,
    "greenlet": greenlets,
    "thread": threads,
    "fork": forks,
    "spawn": spawned,
}


def pss_bytes(pids: list[int]) -> int:
    """Proportional set size of the processes: a page that n of them share counts for an nth in each."""
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError as error:
            cannot_run_here(f"The proportional set size cannot be read here: {error}.")
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total * 1024


def main() -> None:
    """Add units step by step, and look after each step."""
    asked = Asked(unit="task", units=(0, 500, 1000))
    pids = [os.getpid()]
    add = UNITS[asked.unit](pids)
    add(1)  # what the first one brings along, a hub for example, belongs to none of them
    there, looks = 0, []
    for units in asked.units:
        add(units - there)
        there = units
        looks.append(pss_bytes(pids))
        row("pss_bytes", looks[-1], units=units)
    row("bytes_per_unit", statistics.linear_regression(asked.units, looks).slope)
    for pid in pids[1:]:
        os.kill(pid, signal.SIGKILL)
    os._exit(0)  # none of the units is waited for


if __name__ == "__main__":
    main()
