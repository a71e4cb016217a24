"""Ends when asked to, and says so."""

import signal
import sys

signal.signal(signal.SIGTERM, lambda *_: sys.exit("bye"))
print("ready", flush=True)
while True:
    signal.pause()
