"""What it costs to run a function that does nothing, the ways in which Python can be told to.

``how``: ``call`` a plain function; ``await`` a coroutine function; ``task``, with ``asyncio.create_task`` and awaited;
``thread``, with ``asyncio.to_thread``. One row: ``cost_s``, for one time, with the loop around it.
"""

import asyncio
import statistics
import time
from functools import partial

from rows import Asked, row, run_on

SAMPLES = 15
TIMES = {"call": 50_000, "await": 50_000, "task": 2_000, "thread": 300}
"""How often in a sample: some milliseconds each."""


def nothing() -> None:
    """Do nothing."""


async def nothing_to_await() -> None:
    """Do nothing."""


async def called(times: int) -> None:
    """Call."""
    for _ in range(times):
        nothing()


async def awaited(times: int) -> None:
    """Await."""
    for _ in range(times):
        await nothing_to_await()


async def in_tasks(times: int) -> None:
    """Await a task."""
    for _ in range(times):
        await asyncio.create_task(nothing_to_await())


async def in_threads(times: int) -> None:
    """Await a thread of the default executor."""
    for _ in range(times):
        await asyncio.to_thread(nothing)


WAYS = {"call": called, "await": awaited, "task": in_tasks, "thread": in_threads}


async def cost_s(how: str) -> float:
    """Take the median of the samples: what was interrupted does not count."""
    way, times = WAYS[how], TIMES[how]
    await way(times)  # the interpreter specialises what it has run, and threads are started
    samples = []
    for _ in range(SAMPLES):
        began_s = time.perf_counter()
        await way(times)
        samples.append((time.perf_counter() - began_s) / times)
    return statistics.median(samples)


def main() -> None:
    """Measure one way."""
    asked = Asked(how="await", loop="asyncio")
    row("cost_s", run_on(asked.loop, partial(cost_s, asked.how)))


if __name__ == "__main__":
    main()
