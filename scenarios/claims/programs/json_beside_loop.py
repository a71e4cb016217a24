"""For how long a loop stands still while 5 MB of JSON are parsed.

``where``: ``inline``, in the coroutine; ``thread``, with ``asyncio.to_thread``; ``process``, in a pool of one process.
Rows: ``parse_s``, how long the parsing took as seen from the loop; ``gap_s``, the longest time between two turns of a
task that wakes up every millisecond; ``share``, gap over parse.
"""

import asyncio
import json
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from rows import Asked, row

BYTES = 5_000_000
TICK_S = 0.001


def text() -> bytes:
    """A list of objects, as an export has it."""
    one = json.dumps({"id": 12345, "name": "a name of some length", "values": [1.5, 2.5, 3.5], "active": True})
    return ("[" + ",".join([one] * (BYTES // (len(one) + 1))) + "]").encode()


def parse(body: bytes) -> int:
    """Parse it; return how much there was, so that a process need not send it back."""
    return len(json.loads(body))


async def measure(where: str) -> tuple[float, float]:
    """Parse once beside a heartbeat."""
    body, loop = text(), asyncio.get_running_loop()
    gap_s, done = 0.0, False
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        if where == "process":
            await loop.run_in_executor(pool, parse, b"[]")  # the process has started

        async def heartbeat() -> None:
            nonlocal gap_s
            before_s = time.perf_counter()
            while not done:
                await asyncio.sleep(TICK_S)
                now_s = time.perf_counter()
                gap_s, before_s = max(gap_s, now_s - before_s), now_s

        task = asyncio.create_task(heartbeat())
        await asyncio.sleep(5 * TICK_S)
        gap_s = 0.0
        began_s = time.perf_counter()
        if where == "inline":
            parse(body)
        elif where == "thread":
            await asyncio.to_thread(parse, body)
        else:
            await loop.run_in_executor(pool, parse, body)
        took_s = time.perf_counter() - began_s
        await asyncio.sleep(2 * TICK_S)
        done = True
        await task
    return took_s, gap_s


def main() -> None:
    """Measure one way."""
    asked = Asked(where="thread")
    took_s, gap_s = asyncio.run(measure(asked.where))
    row("parse_s", took_s)
    row("gap_s", gap_s)
    row("share", gap_s / took_s)


if __name__ == "__main__":
    main()
