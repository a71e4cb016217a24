"""A heartbeat on an event loop, and a flood of jobs beside it, after Chris Wellons (nullprogram.com, 2020-05-24).

A job works for ``d_ms`` without giving way; ``time.sleep`` stands for computation, so that no processor is needed.
``job=awaiting`` puts an ``asyncio.sleep`` of the same length before and after the work. ``guard`` is what stands
between the jobs and the loop:

- ``none``: a task for each of the ``n`` jobs, all made at once
- ``semaphore``: the same, and each works while it holds one of ``limit`` permits
- ``limiter``: the same with anyio's ``CapacityLimiter``
- ``queue``: ``limit`` tasks take the jobs from ``asyncio.Queue(maxsize=1)``

The first beat of the flood is due ``phase_s`` after the flood began. The grid is every ``n`` with every ``d_ms`` and
every ``limit``.

Rows: ``delay_s``, of the latest beat of the flood; ``delay_p95_s``; ``backlog_s``, the delay and the phase together;
``completion_s``, from the first job to the last; ``overshoot_s``, what a job took longer than ``d_ms``, on average;
``turn_s``, until the loop ran what had been ready when the flood began.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import product

from rows import Asked, row, run_on

Job = Callable[[], Awaitable[None]]


class Work:
    """The jobs, and how long they really took."""

    def __init__(self, d_s: float) -> None:
        self.d_s = d_s
        self.done = 0
        self.took_s = 0.0

    async def straight(self) -> None:
        """Work, and give way nowhere."""
        began_s = time.monotonic()
        time.sleep(self.d_s)  # noqa: ASYNC251, TID251 (the blocking step is what is studied)
        self.took_s += time.monotonic() - began_s
        self.done += 1

    async def awaiting(self) -> None:
        """Wait, work, wait."""
        await asyncio.sleep(self.d_s)
        await self.straight()
        await asyncio.sleep(self.d_s)


async def no_guard(job: Job, n: int, limit: int) -> None:  # noqa: ARG001 (called as the others are)
    """Make all tasks at once."""
    await asyncio.gather(*[asyncio.create_task(job()) for _ in range(n)])


async def semaphore(job: Job, n: int, limit: int) -> None:
    """Make all tasks at once; each works inside the semaphore."""
    permits = asyncio.Semaphore(limit)

    async def guarded() -> None:
        async with permits:
            await job()

    await no_guard(guarded, n, limit)


async def limiter(job: Job, n: int, limit: int) -> None:
    """Make all tasks at once; each works inside anyio's limiter."""
    from anyio import CapacityLimiter  # noqa: PLC0415 (only in the environment of an arm that asks for it)

    permits = CapacityLimiter(limit)

    async def guarded() -> None:
        async with permits:
            await job()

    await no_guard(guarded, n, limit)


async def queue(job: Job, n: int, limit: int) -> None:
    """Hand the jobs over one by one to so many workers."""
    jobs: asyncio.Queue[Job] = asyncio.Queue(maxsize=1)

    async def worker() -> None:
        while True:
            await (await jobs.get())()
            jobs.task_done()

    workers = [asyncio.create_task(worker()) for _ in range(limit)]
    for _ in range(n):
        await jobs.put(job)
    await jobs.join()
    for task in workers:
        task.cancel()
    await asyncio.gather(*workers, return_exceptions=True)


GUARDS = {"none": no_guard, "semaphore": semaphore, "limiter": limiter, "queue": queue}


class Heartbeat:
    """Wants to beat every ``beat_s``, and keeps how late it was, as the article's does."""

    def __init__(self, beat_s: float) -> None:
        self._beat_s = beat_s
        self._beaten = asyncio.Event()
        self.due_s = 0.0
        self.delays_s: list[float] = []

    async def beat(self) -> None:
        """Beat until cancelled."""
        while True:
            self.due_s = time.monotonic() + self._beat_s
            await asyncio.sleep(self._beat_s)
            self.delays_s.append(time.monotonic() - self.due_s)
            self._beaten.set()

    async def next_beat(self) -> None:
        """Wait until it has beaten once more."""
        self._beaten.clear()
        await self._beaten.wait()


async def flood(*, guard: str, kind: str, n: int, d_s: float, limit: int, beat_s: float, phase_s: float) -> None:
    """Beat, flood the loop so that the next beat is due ``phase_s`` later, beat once more, and print."""
    heartbeat = Heartbeat(beat_s)
    heart = asyncio.create_task(heartbeat.beat())
    await heartbeat.next_beat()  # one that nothing disturbs
    # A part of the time to the beat is slept, and the rest is spun: the start of the flood must not be late.
    await asyncio.sleep(max(0.0, heartbeat.due_s - phase_s - time.monotonic() - 0.002))
    while heartbeat.due_s - phase_s > time.monotonic():
        pass
    before = len(heartbeat.delays_s)
    work = Work(d_s)
    began_s = time.monotonic()
    phase_s = heartbeat.due_s - began_s
    turned_s: list[float] = []
    asyncio.get_running_loop().call_soon(lambda: turned_s.append(time.monotonic() - began_s))
    await GUARDS[guard](work.awaiting if kind == "awaiting" else work.straight, n, limit)
    completion_s = time.monotonic() - began_s
    await heartbeat.next_beat()  # it may have been due while the last jobs ran
    heart.cancel()
    delays_s = sorted(heartbeat.delays_s[before:])
    at = {"n": n, "d_ms": round(d_s * 1000, 6), "limit": limit}
    row("delay_s", delays_s[-1], **at)
    row("backlog_s", delays_s[-1] + phase_s, **at)
    row("delay_p95_s", delays_s[max(0, round(0.95 * len(delays_s)) - 1)], **at)
    row("completion_s", completion_s, **at)
    row("turn_s", turned_s[0], **at)
    row("overshoot_s", work.took_s / work.done - d_s, **at)


def main() -> None:
    """Flood a loop of its own for each cell of the grid."""
    asked = Asked(
        guard="none",
        job="straight",
        loop="asyncio",
        n=(200,),
        d_ms=(10.0,),
        limit=(4,),
        beat_s=1.0,
        phase_s=0.5,  # below zero: drawn, evenly, up to four fifths of the flood and of the beat
    )
    for n, d_ms, limit in product(asked.n, asked.d_ms, asked.limit):
        phase_s = asked.phase_s
        if phase_s < 0:
            phase_s = asked.chance.uniform(0, 0.8 * min(asked.beat_s, n * d_ms / 1000))
        run_on(
            asked.loop,
            partial(
                flood,
                guard=asked.guard,
                kind=asked.job,
                n=n,
                d_s=d_ms / 1000,
                limit=limit,
                beat_s=asked.beat_s,
                phase_s=phase_s,
            ),
        )


if __name__ == "__main__":
    main()
