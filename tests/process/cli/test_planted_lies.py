"""Numbers that cannot be true, planted: each must turn its cell void or suspect, for the right reason.

To each lie there is a control, the same without it, which must be free of that reason. On a machine on which others are
at work the reason may be true all the same: then the control is tried again, and skipped if they do not stop.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from stacklab.effects.machine.sample import sample_host
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.units import NS_PER_S

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="server and driver need a core each"),
]

CONTRACT = """
[endpoints.json]
path = "/json"
content_type = "application/json"
exercises = "a constant answer"
answers = { "" = '{"message":"Hello, World!"}' }
"""
PATTERN = """pattern = '\\{"n":{n}\\}'"""
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
calls = [{{ endpoint = "json", query = "{query}" }}]
keep_alive = {keep_alive}

[load]
{load}
"""
CLOSED = 'kind = "closed"\nconnections = 8'
MANY = 'kind = "closed"\nconnections = 16'
OPEN = 'kind = "open"\nrate = 500'
QUICK = ("--rounds", "1", "--warmup", "0.2", "--no-noise-floor", "--repeat-disturbed", "0")

Cells = Mapping[str, Mapping[str, Any]]
Measure = Callable[..., Cells]


@pytest.fixture
def measure(workspace: Path, programs: Path) -> Measure:
    """``measure(*lies, load=…)`` runs these programs as stacks under one load: their cells, as the report has them."""

    def run(
        *lies: str,
        load: str = CLOSED,
        keep_alive: bool = True,
        seconds: float = 0.6,
        query: str = "",
        contract: str = CONTRACT,
    ) -> Cells:
        for folder in (workspace / "targets/stacks", workspace / "scenarios"):
            for path in folder.glob("*.toml"):
                path.unlink()
        (workspace / "targets/contract.toml").write_text(contract)
        keeps = str(keep_alive).lower()
        (workspace / "scenarios/load.toml").write_text(SCENARIO.format(load=load, keep_alive=keeps, query=query))
        for lie in lies:
            program = STACK.format(program=programs / "lies" / f"{lie}.py")
            (workspace / f"targets/stacks/{lie}.toml").write_text(program)
        stacklab(workspace, "run", *QUICK, "--measure", str(seconds))
        reported = json.loads(stacklab(workspace, "report", "--format", "json"))
        return {cell["stack"]: cell for cell in reported["cells"]}

    return run


def stacklab(workspace: Path, *words: str) -> str:
    command = [sys.executable, "-m", "stacklab", *words]
    done = subprocess.run(command, cwd=workspace, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in {0, 1}, done.stderr  # 1: a lie was found out, and its cell is void
    return done.stdout


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


ATTEMPTS = 3
QUIET_CORES = 0.05
"""Above this use by others a control that fails proves nothing: a fifth of what ``host-busy`` minds."""


def others_cores(during: Callable[[], None]) -> float:
    """Cores that were used meanwhile by others than this test and what it started."""

    def used_ns() -> int:
        own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return (sample_host(0).busy_ns or 0) - sum(round((one.ru_utime + one.ru_stime) * NS_PER_S) for one in own)

    before_ns, began_ns = used_ns(), time.monotonic_ns()
    during()
    return (used_ns() - before_ns) / (time.monotonic_ns() - began_ns)


@pytest.mark.parametrize(
    ("wanted", "server", "setup"),
    [
        ({"errors", "wrong-bodies"}, "honest", {}),
        ({"rate-missed"}, "honest", {"load": OPEN}),
        ({"turned-away"}, "long_queue", {"load": MANY, "keep_alive": False}),
        # A pause of some hundredths of a second, which any machine has now and then, is little of a longer window.
        ({"driver-delayed"}, "honest", {"seconds": 3.0}),
        ({"host-busy"}, "honest", {}),
    ],
    ids=["answers", "rate", "accept queue", "driver", "busy host"],
)
def test_without_the_lie_there_is_no_such_reason(
    measure: Measure, wanted: set[str], server: str, setup: Mapping[str, Any]
) -> None:
    found: list[set[str]] = []

    def control() -> None:
        found.append(reasons(measure(server, **setup)[server]) & wanted)

    used = [others_cores(control)]
    while found[-1] and len(found) < ATTEMPTS:
        used.append(others_cores(control))
    if found[-1] and min(used) > QUIET_CORES:
        pytest.skip(f"others used {min(used):.2g} cores or more, and {found[-1]} may be true")

    assert found[-1] == set()


def test_answers_that_are_not_the_work_void_a_cell(measure: Measure) -> None:
    """503 at once, a wrong body from a cache, and no answer at all: all of them verified beforehand."""
    cells = measure("unavailable", "cached", "closing")

    wanted = {"unavailable": "errors", "cached": "wrong-bodies", "closing": "errors"}
    assert dict.fromkeys(wanted, ("void", True)) == {
        name: (cells[name]["validity"], reason in reasons(cells[name])) for name, reason in wanted.items()
    }


@pytest.mark.parametrize(
    ("contract", "found"),
    [(CONTRACT, {"bodies-unknown"}), (CONTRACT + PATTERN, {"wrong-bodies"})],
    ids=["unknown", "by its pattern"],
)
def test_one_body_for_every_query_is_found_out_or_doubted(measure: Measure, contract: str, found: set[str]) -> None:
    """Nothing is said of the cell's validity beyond that: a server so fast may well be doubted for the driver."""
    cell = measure("honest", query="n=7", contract=contract)["honest"]

    assert found == reasons(cell) & {"bodies-unknown", "wrong-bodies"}
    assert cell["validity"] != "valid"


def test_a_rate_that_the_server_cannot_reach_is_doubted(measure: Measure) -> None:
    cell = measure("slow", load=OPEN)["slow"]

    assert ("suspect", True) == (cell["validity"], "rate-missed" in reasons(cell))


def test_an_accept_queue_of_one_is_doubted(measure: Measure) -> None:
    cell = measure("short_queue", load=MANY, keep_alive=False)["short_queue"]

    assert cell["validity"] != "valid"
    assert "turned-away" in reasons(cell)


def test_a_driver_that_is_starved_is_doubted(measure: Measure, busy: Callable[[int], None]) -> None:
    """Four loops on its core leave it a fifth."""
    for _ in range(4):
        busy(max(os.sched_getaffinity(0)))

    cell = measure("honest", seconds=3.0)["honest"]

    assert cell["validity"] != "valid"
    assert "driver-delayed" in reasons(cell)


def test_a_busy_loop_on_the_servers_core_is_doubted(measure: Measure, busy: Callable[[int], None]) -> None:
    busy(min(os.sched_getaffinity(0)))

    cell = measure("honest")["honest"]

    assert cell["validity"] != "valid"
    assert "host-busy" in reasons(cell)


def test_a_server_that_works_while_it_is_not_asked_is_named(measure: Measure) -> None:
    cells = measure("honest", "restless")

    found = {name: "works-between-turns" in reasons(cell) for name, cell in cells.items()}
    assert {"honest": False, "restless": True} == found
    assert cells["restless"]["validity"] != "valid"
