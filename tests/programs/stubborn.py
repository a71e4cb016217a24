"""Ignores every request to end."""

import signal

for request in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(request, signal.SIG_IGN)
print("ready", flush=True)
while True:
    signal.pause()
