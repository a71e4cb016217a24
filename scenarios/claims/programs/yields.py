"""How often the loop gets a turn while a coroutine awaits a thousand times.

``what``: ``nothing``, a coroutine that returns at once; ``sleep``, ``asyncio.sleep(0)``; ``queue``, ``put`` into a
queue with room. One row: ``turns`` that another task got.
"""

import asyncio

from rows import Asked, row

TIMES = 1000


async def nothing() -> None:
    """Return at once."""


async def await_often(what: str) -> None:
    """A thousand awaits."""
    queue: asyncio.Queue[int] = asyncio.Queue()
    for _ in range(TIMES):
        if what == "nothing":
            await nothing()
        elif what == "sleep":
            await asyncio.sleep(0)
        else:
            await queue.put(1)


async def turns(what: str) -> int:
    """Another task counts its turns until the first is done."""
    counted, done = 0, False

    async def other() -> None:
        nonlocal counted
        while not done:
            counted += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await asyncio.sleep(0)  # it has started, and waits for its next turn
    before = counted
    await await_often(what)
    found = counted - before
    done = True
    await task
    return found


def main() -> None:
    """Count for one kind of await."""
    asked = Asked(what="nothing")
    row("turns", asyncio.run(turns(asked.what)))


if __name__ == "__main__":
    main()
