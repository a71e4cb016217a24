"""Two processes that work without end."""

import os


def work_hard() -> None:
    while True:
        sum(range(1000))


if os.fork():
    print("ready", flush=True)
work_hard()
