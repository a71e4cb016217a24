"""Has a child that it traces itself, as a debugger would."""

import ctypes
import os
import signal

PTRACE_TRACEME = 0

child = os.fork()
if child == 0:
    ctypes.CDLL(None).ptrace(PTRACE_TRACEME, 0, 0, 0)
    print("traced", os.getpid(), flush=True)
while True:
    signal.pause()
