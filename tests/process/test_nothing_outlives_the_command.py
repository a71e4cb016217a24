"""Whatever ends the command, none of its children is alive afterwards: servers, workers, locust and profilers."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stacklab.effects.clock import wait_for
from stacklab.effects.tree import tree

FOREVER = ("--rounds", "1", "--warmup", "0", "--measure", "600")


def alive(pids: set[int]) -> set[int]:
    """Those that still run; a zombie that waits for its parent does not."""
    found = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            found.add(pid)
    return found


def names(pids: set[int]) -> str:
    """The command lines of these processes, as far as they are still there."""
    lines = []
    for pid in pids:
        try:
            lines.append(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode())
        except (FileNotFoundError, ProcessLookupError):
            continue
    return "\n".join(lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize("stack", ["gunicorn-gevent-flask", "uvicorn-uvloop-starlette"])
def test_no_child_is_left_after_a_signal(tmp_path: Path, stack: str, number: signal.Signals) -> None:
    words = ("run", "--stack", stack, "--scenario", "io-async", *FOREVER)
    with subprocess.Popen(
        [sys.executable, "-m", "stacklab", *words], cwd=tmp_path, stderr=subprocess.DEVNULL
    ) as program:

        def under_load() -> set[int] | None:
            logs = list(tmp_path.glob("results/*/*/*/r01/driver.log"))
            return set(tree(program.pid)) if logs and "All users spawned" in logs[0].read_text() else None

        family = wait_for(under_load, deadline_s=60)
        assert family is not None
        assert len(family) >= 5, names(family)  # the program, two wardens, the server, locust

        started = time.monotonic()
        os.kill(program.pid, number)
        program.wait(timeout=30)

    assert wait_for(lambda: None if alive(family) else True, deadline_s=10), names(alive(family))
    assert time.monotonic() - started < 15
