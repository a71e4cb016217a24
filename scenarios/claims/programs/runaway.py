"""A producer, a consumer, and an ``asyncio.Queue`` between them, after Chris Wellons (nullprogram.com, 2020-05-24).

The consumer notes how many items wait behind the one it takes. ``producer_yields`` and ``consumer_yields``: how often
either awaits ``asyncio.sleep(0)`` for an item; ``maxsize``: 0 for an unbounded queue.

Rows: ``waiting``, at each of the first ``shown`` items; ``item_latency_s``, from its put to its get, of the item in
the middle and of the last; ``grown_bytes``, by how much the largest resident size of the process grew meanwhile.
"""

import asyncio
import resource
import time
from functools import partial

from rows import Asked, row, run_on


def largest_resident_bytes() -> int:
    """Peak of the resident size; Linux counts it in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def pass_on(asked: Asked) -> None:
    """Put all items, take all items, print."""
    items: asyncio.Queue[float] = asyncio.Queue(maxsize=asked.maxsize)
    waiting: list[int] = []
    latencies_s: list[float] = []
    before_bytes = largest_resident_bytes()

    async def produce() -> None:
        for _ in range(asked.items):
            await items.put(time.monotonic())
            for _ in range(asked.producer_yields):
                await asyncio.sleep(0)

    async def consume() -> None:
        while len(latencies_s) < asked.items:
            put_s = await items.get()
            latencies_s.append(time.monotonic() - put_s)
            if len(waiting) < asked.shown:
                waiting.append(items.qsize())
            for _ in range(asked.consumer_yields):
                await asyncio.sleep(0)

    consumer = asyncio.create_task(consume())
    await produce()
    await consumer
    for item, count in enumerate(waiting):
        row("waiting", count, item=item)
    for item in (asked.items // 2, asked.items - 1):
        row("item_latency_s", latencies_s[item], item=item)
    row("grown_bytes", largest_resident_bytes() - before_bytes)


def main() -> None:
    """Run once."""
    asked = Asked(items=100_000, shown=100, maxsize=0, producer_yields=0, consumer_yields=0, loop="asyncio")
    run_on(asked.loop, partial(pass_on, asked))


if __name__ == "__main__":
    main()
