"""Whatever ends the command, none of its children is alive afterwards: servers, workers, locust, databases."""

import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from stacklab.effects.clock import wait_for
from stacklab.procfs import tree

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


def command_lines(pids: set[int]) -> dict[int, str]:
    """Those of these processes, as far as they are still there."""
    lines = {}
    for pid in pids:
        try:
            lines[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return lines


def ended_under_load(folder: Path, stack: str, scenario: str, number: signal.Signals) -> dict[int, str]:
    """Run, send the signal to the command once there is load, and wait for its end: the family of that moment."""
    words = ("run", "--stack", stack, "--scenario", scenario, *FOREVER)
    command = [sys.executable, "-m", "stacklab", *words]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as program, ExitStack() as undo:
        undo.callback(program.kill)  # one that does not end must fail the test, not hang it

        def under_load() -> dict[int, str] | None:
            logs = list(folder.glob("results/*/*/*/r01/driver.log"))
            is_sent = bool(logs) and "All users spawned" in logs[0].read_text()
            return command_lines(set(tree(program.pid))) if is_sent else None

        family = wait_for(under_load, deadline_s=60)
        assert family is not None
        assert len(family) >= 5, family  # the program, two wardens, the server, locust
        os.kill(program.pid, number)
        program.wait(timeout=15)
    return family


def all_gone(family: dict[int, str]) -> bool:
    """Whether every process has ended by itself, soon."""
    return wait_for(lambda: None if alive(set(family)) else True, deadline_s=10) is not None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize("stack", ["gunicorn-gevent-flask", "uvicorn-uvloop-starlette"])
def test_no_child_is_left_after_a_signal(tmp_path: Path, stack: str, number: signal.Signals) -> None:
    family = ended_under_load(tmp_path, stack, "io-async", number)

    assert all_gone(family), command_lines(alive(set(family)))


def test_no_database_and_no_folder_of_it_is_left_after_a_kill(tmp_path: Path) -> None:
    family = ended_under_load(tmp_path, "uvicorn-uvloop-starlette", "database-row", signal.SIGKILL)
    folders = {Path(found[1]) for line in family.values() if (found := re.search(r"postgres -D (\S+)/data", line))}

    assert all_gone(family), command_lines(alive(set(family)))
    assert [False] == [folder.exists() for folder in folders]
