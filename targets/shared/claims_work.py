"""What the claims ask of a worker, beside the shared work: blocking that nothing can see, and floods of tasks."""

import asyncio
import ctypes

import work

_usleep = ctypes.CDLL(None).usleep


def block(ms: int) -> dict[str, int]:
    """Block the calling thread as a library written in C does: without the GIL, and hidden from gevent's patches.

    A worker that blocks is as busy as one that computes, and takes no processor: two of them block at once on one core.
    """
    _usleep(ms * 1000)
    return work.waited(ms)


async def block_in_task(ms: int) -> None:
    """One job of a flood: a step that does not give way."""
    block(ms)


_flood: set[asyncio.Task[None]] = set()
"""The loop itself holds tasks weakly."""


def flood(jobs: int, ms: int) -> dict[str, int]:
    """Make all tasks at once, and wait for none of them."""
    for _ in range(jobs):
        task = asyncio.create_task(block_in_task(ms))
        _flood.add(task)
        task.add_done_callback(_flood.discard)
    return {"jobs": jobs, "ms": ms}


async def rendezvous(jobs: int, ms: int, workers: int) -> None:
    """Hand the same jobs over one by one, by a queue that holds no more than one."""
    queue: asyncio.Queue[int] = asyncio.Queue(maxsize=1)

    async def serve() -> None:
        while True:
            await block_in_task(await queue.get())
            queue.task_done()

    serving = [asyncio.create_task(serve()) for _ in range(workers)]
    for _ in range(jobs):
        await queue.put(ms)
    await queue.join()
    for task in serving:
        task.cancel()


def hand_over(jobs: int, ms: int, workers: int = 4) -> dict[str, int]:
    """Start to hand the jobs over, and do not wait for it."""
    task = asyncio.create_task(rendezvous(jobs, ms, workers))
    _flood.add(task)
    task.add_done_callback(_flood.discard)
    return {"jobs": jobs, "ms": ms}
