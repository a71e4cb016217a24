"""Which blocking calls asyncio's debug mode reports, of ten each.

Rows: ``reported``, ``at`` how long they block in ms and the threshold in ms; ``exists``, whether there is an
``asyncio.set_debug``.
"""

import asyncio
import logging
import time

from rows import Asked, new_loop, row

TIMES = 10


class Counting(logging.Handler):
    """Counts what asyncio says of slow callbacks."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        super().__init__()
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count one."""
        self.count += "took" in record.getMessage()


async def block(ms: float) -> None:
    """Block ten times, each in a turn of its own."""
    for _ in range(TIMES):
        time.sleep(ms / 1000)  # noqa: ASYNC251, TID251 (it is what is to be reported)
        await asyncio.sleep(0)


def reported(loop_name: str, ms: float, threshold_ms: float) -> int:
    """How many of them are reported."""
    handler = Counting()
    logging.getLogger("asyncio").addHandler(handler)
    loop = new_loop(loop_name)
    loop.set_debug(True)
    loop.slow_callback_duration = threshold_ms / 1000
    try:
        loop.run_until_complete(block(ms))
    finally:
        loop.close()
        logging.getLogger("asyncio").removeHandler(handler)
    return handler.count


def main() -> None:
    """Two lengths under the default threshold, and the shorter one under a lower threshold."""
    asked = Asked(loop="asyncio")
    row("exists", float(hasattr(asyncio, "set_debug")))
    for ms, threshold_ms in ((50, 100), (150, 100), (50, 20)):
        row("reported", reported(asked.loop, ms, threshold_ms), ms=ms, threshold_ms=threshold_ms)


if __name__ == "__main__":
    main()
