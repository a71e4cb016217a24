"""A worker that ends when the file does that is named on the command line, and one that begins then; both work."""

import os
import sys
from pathlib import Path


def work_hard() -> None:
    sum(range(1000))


mark = Path(sys.argv[1])
if os.fork() == 0:
    while mark.exists():
        work_hard()
    os._exit(0)
print("ready", flush=True)
while mark.exists():
    work_hard()
os.wait()
os.fork()
while True:
    work_hard()
