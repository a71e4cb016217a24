"""Four threads: one is busy, three wait."""

import threading

waiting = threading.Barrier(4)


def wait_forever() -> None:
    waiting.wait()
    threading.Event().wait()


for _ in range(3):
    threading.Thread(target=wait_forever, daemon=True).start()
waiting.wait()
print("ready", flush=True)
while True:
    sum(range(1000))
