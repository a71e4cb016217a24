"""Tells the truth, and computes in the background all the time, whether anybody asks or not."""

import threading
import time

from lying import answer, serve


def compute() -> None:
    """A quarter of a core."""
    while True:
        until = time.monotonic() + 0.005
        while time.monotonic() < until:
            pass
        time.sleep(0.015)  # noqa: TID251 (resting is what the other three quarters are for)


threading.Thread(target=compute, daemon=True).start()
serve(lambda *_: answer())
