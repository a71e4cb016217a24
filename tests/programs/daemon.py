"""Leaves a daemon behind, as daemons do it (fork, new session, fork), and ends."""

import os
import signal

ready, said = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print("daemon", os.getpid(), flush=True)
        os.write(said, b"ready")
        while True:
            signal.pause()
    os._exit(0)
os.read(ready, 5)
