"""Whether a busy processor slows another one down: hyperthreads of one core do, whatever /sys says of them.

A thread computes a key derivation on the one, which needs no GIL, while a fixed piece of work is timed on the other;
stretches with and without it alternate, because the machine's neighbours come and go.
"""

import hashlib
import os
import threading
import time
from statistics import median
from typing import Final

from stacklab.effects.clock import now_ns
from stacklab.model.machine import BusyNeighbour
from stacklab.units import NS_PER_MS, NS_PER_S, Nanoseconds, Seconds, ns_from_s

TURNS: Final = 50_000
"""Of the loop that is one piece of work: about a millisecond."""

STRETCH_S: Final[Seconds] = 0.04
"""How long pieces are timed with the other processor idle, and with it busy."""

PAIRS: Final = 12
"""Of stretches."""

ITERATIONS: Final = 2_000
"""Of the derivation that tells how many fill a stretch."""


def busy_neighbour(cpus: tuple[int, ...]) -> BusyNeighbour | None:
    """Measure it between the first processor and the first of the second half, where server and driver would be."""
    if len(cpus) < 2:
        return None
    own, other = cpus[0], cpus[len(cpus) // 2]
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {own})
    except OSError:
        return None
    try:
        fill = _iterations_for(2 * STRETCH_S)
        ratios = [_beside(other, fill) / _stretch_ns() for _ in range(PAIRS)]
    finally:
        os.sched_setaffinity(0, before)
    return BusyNeighbour(cpu=own, busy_cpu=other, slower=median(ratios))


def piece_ns() -> Nanoseconds:
    """Processor time that one piece of work takes."""
    before_ns = time.thread_time_ns()
    for _ in range(TURNS):
        pass
    return time.thread_time_ns() - before_ns


def _stretch_ns() -> float:
    """The median piece of one stretch."""
    end_ns = now_ns() + ns_from_s(STRETCH_S)
    took_ns = [piece_ns()]
    while now_ns() < end_ns:
        took_ns.append(piece_ns())
    return median(took_ns)


def _beside(cpu: int, iterations: int) -> float:
    """The same while a thread keeps another processor busy for longer than that."""
    started = threading.Event()

    def work() -> None:
        os.sched_setaffinity(0, {cpu})
        started.set()
        _derive(iterations)

    thread = threading.Thread(target=work, name="neighbour")
    thread.start()
    started.wait()
    found = _stretch_ns()
    thread.join()
    return found


def _iterations_for(seconds: Seconds) -> int:
    begin_ns = now_ns()
    _derive(ITERATIONS)
    took_ns = max(now_ns() - begin_ns, NS_PER_MS // 10)
    return max(ITERATIONS, round(ITERATIONS * seconds * NS_PER_S / took_ns))


def _derive(iterations: int) -> None:
    """Compute without the GIL."""
    hashlib.pbkdf2_hmac("sha256", b"stacklab", b"stacklab", iterations)
