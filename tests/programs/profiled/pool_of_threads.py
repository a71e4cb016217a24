"""One thread that works, among many that wait: in a queue, in a poll, and for the GIL now and then."""

import queue
import select
import threading


def work_hard() -> None:
    while True:
        sum(range(1000))


def wait_in_a_queue() -> None:
    queue.Queue().get()


def wait_in_a_poll() -> None:
    select.poll().poll()


for target in (*[wait_in_a_queue] * 15, wait_in_a_poll):
    threading.Thread(target=target, daemon=True).start()
print("ready", flush=True)
work_hard()
