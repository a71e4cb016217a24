"""What becomes of a coroutine that nobody awaits. Rows: ``commits`` that happened, ``warnings`` that Python gave."""

import asyncio
import gc
import warnings

from rows import Asked, row

commits: list[int] = []


async def commit() -> None:
    """What should happen."""
    commits.append(1)


async def handler() -> None:
    """Forget."""
    commit()  # type: ignore[unused-coroutine]  # it is what is measured
    await asyncio.sleep(0.01)


def main() -> None:
    """Run it once."""
    Asked()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(handler())
        gc.collect()
    row("commits", len(commits))
    row("warnings", sum(issubclass(one.category, RuntimeWarning) for one in caught))


if __name__ == "__main__":
    main()
