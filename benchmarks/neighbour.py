"""A busy neighbour: keeps every core of the machine busy in bursts, as other tenants do, and ends by itself.

    python benchmarks/neighbour.py SECONDS [SEED]

Each core has a process of its own that computes for 5 to 400 ms and rests for 5 to 400 ms, drawn anew each time.
"""

import os
import random
import sys
import time
from multiprocessing import Process

SHORTEST_S, LONGEST_S = 0.005, 0.4


def main(seconds: str, seed: str = "1") -> None:
    """Start a process for each core, and wait for all of them."""
    until = time.monotonic() + float(seconds)
    bursts = [Process(target=burst, args=(core, until, int(seed) + core)) for core in sorted(os.sched_getaffinity(0))]
    for process in bursts:
        process.start()
    for process in bursts:
        process.join()


def burst(core: int, until: float, seed: int) -> None:
    """Compute and rest on one core until then; without its parent, no longer."""
    os.sched_setaffinity(0, {core})
    parent, chance = os.getppid(), random.Random(seed)  # noqa: S311 (bursts, not secrets)
    while (now := time.monotonic()) < until and os.getppid() == parent:
        busy_until = min(until, now + chance.uniform(SHORTEST_S, LONGEST_S))
        while time.monotonic() < busy_until:
            sum(range(1000))
        time.sleep(chance.uniform(SHORTEST_S, LONGEST_S))  # noqa: TID251 (rests are what it is made of)


if __name__ == "__main__":
    main(*sys.argv[1:])
