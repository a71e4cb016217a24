"""Numbers that cannot be true, planted: each must turn its cell void or suspect, for the right reason."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from stacklab.effects.process import Child, Supervisor

pytestmark = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="server and driver need a core each")

CONTRACT = """
[endpoints.json]
path = "/json"
content_type = "application/json"
exercises = "a constant answer"
answers = { "" = '{"message":"Hello, World!"}' }
"""
STACK = """
summary = "Not what it seems."
family = "event-loop"
interface = "asgi"
waits = "cooperative"
app = "none:app"
argv = ["{{python}}", "{program}", "{{port}}"]
requirements = []
"""
SCENARIO = """
summary = "A small answer"
calls = [{{ endpoint = "json" }}]
keep_alive = {keep_alive}

[load]
{load}
"""
CLOSED = 'kind = "closed"\nconnections = 8'
OPEN = 'kind = "open"\nrate = 500'
QUICK = ("--rounds", "1", "--warmup", "0.2", "--measure", "0.6", "--no-noise-floor", "--repeat-disturbed", "0")

Cells = Mapping[str, Mapping[str, Any]]
Measure = Callable[..., Cells]


@pytest.fixture
def measure(workspace: Path, programs: Path) -> Measure:
    """``measure(*lies, load=…)`` runs these programs as stacks under one load: their cells, as the report has them."""

    def run(*lies: str, load: str = CLOSED, keep_alive: bool = True) -> Cells:
        for folder in (workspace / "targets/stacks", workspace / "scenarios"):
            for path in folder.glob("*.toml"):
                path.unlink()
        (workspace / "targets/contract.toml").write_text(CONTRACT)
        keeps = str(keep_alive).lower()
        (workspace / "scenarios/load.toml").write_text(SCENARIO.format(load=load, keep_alive=keeps))
        for lie in lies:
            program = STACK.format(program=programs / f"lie_{lie}.py")
            (workspace / f"targets/stacks/{lie}.toml").write_text(program)
        stacklab(workspace, "run", *QUICK)
        reported = json.loads(stacklab(workspace, "report", "--format", "json"))
        return {cell["stack"]: cell for cell in reported["cells"]}

    return run


def stacklab(workspace: Path, *words: str) -> str:
    command = [sys.executable, "-m", "stacklab", *words]
    return subprocess.run(command, cwd=workspace, capture_output=True, text=True, timeout=120, check=True).stdout


def reasons(cell: Mapping[str, Any]) -> set[str]:
    return {caveat["kind"] for caveat in cell["caveats"]}


@pytest.fixture
def busy(
    supervisor: Supervisor, programs: Path, heard: Callable[[Child, str], str], tmp_path: Path
) -> Callable[[int], None]:
    """``busy(cpu)`` starts a loop that never rests, on that processor."""
    started: list[Child] = []

    def start(cpu: int) -> None:
        name = f"busy-{len(started)}"
        child = supervisor.spawn(
            [sys.executable, str(programs / "busy_core.py"), str(cpu)],
            name=name,
            log=tmp_path / f"{name}.log",
            cwd=tmp_path,
            env=dict(os.environ),
        )
        started.append(child)
        heard(child, "ready")

    return start


def test_answers_that_are_not_the_work_void_a_cell(measure: Measure) -> None:
    """503 at once, a wrong body from a cache, and no answer at all: all of them verified beforehand."""
    cells = measure("unavailable", "cached", "closing")

    wanted = {"unavailable": "errors", "cached": "wrong-bodies", "closing": "errors"}
    assert dict.fromkeys(wanted, ("void", True)) == {
        name: (cells[name]["validity"], reason in reasons(cells[name])) for name, reason in wanted.items()
    }


def test_a_rate_that_the_server_cannot_reach_is_doubted(measure: Measure) -> None:
    cell = measure("slow", load=OPEN)["slow"]

    assert ("suspect", True) == (cell["validity"], "rate-missed" in reasons(cell))


def test_an_accept_queue_of_one_is_doubted(measure: Measure) -> None:
    cell = measure("short_queue", load='kind = "closed"\nconnections = 16', keep_alive=False)["short_queue"]

    assert cell["validity"] != "valid"
    assert "turned-away" in reasons(cell)


def test_a_driver_that_is_starved_is_doubted(measure: Measure, busy: Callable[[int], None]) -> None:
    """Four loops on its core leave it a fifth."""
    for _ in range(4):
        busy(max(os.sched_getaffinity(0)))

    cell = measure("honest")["honest"]

    assert cell["validity"] != "valid"
    assert "driver-delayed" in reasons(cell)


def test_a_busy_loop_on_the_servers_core_is_doubted(measure: Measure, busy: Callable[[int], None]) -> None:
    busy(min(os.sched_getaffinity(0)))

    cell = measure("honest")["honest"]

    assert cell["validity"] != "valid"
    assert "host-busy" in reasons(cell)
