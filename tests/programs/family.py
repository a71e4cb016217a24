"""Has a child in its own session, one in another, and a grandchild that has lost its parent; they ignore SIGTERM."""

import os
import signal


def wait_forever() -> None:
    """Wait for signals, and ignore the one that asks to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("member", os.getpid(), flush=True)
    while True:
        signal.pause()


if os.fork() == 0:
    wait_forever()
if os.fork() == 0:
    os.setsid()
    wait_forever()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        wait_forever()
    os._exit(0)
os.wait()  # for the one that has ended
print("ready", flush=True)
while True:
    signal.pause()
