"""Instructions of a real server under valgrind: a planted loop is seen, and a server is like itself."""

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from stacklab.analysis.instructions.contrast import contrast
from stacklab.analysis.instructions.result import CountResult, count_result
from stacklab.catalog.catalogue import read
from stacklab.catalog.workspace import Workspace, reference
from stacklab.cli.options.placement import Placement
from stacklab.cli.preparation import machine
from stacklab.effects import callgrind
from stacklab.effects.clock import wait_for
from stacklab.effects.machine.counter import ProcessorCounter
from stacklab.effects.machine.instructions import Event
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.engine.counting import count
from stacklab.errors import StageError
from stacklab.machine import Machine
from stacklab.model.measured.counting import Count, CountEffort, CountSource
from stacklab.model.measured.verdict import Verdict
from stacklab.model.plan import Plan
from stacklab.procfs import tree

NEEDS_VALGRIND = pytest.mark.skipif(callgrind.refusal() is not None, reason=callgrind.refusal() or "it is installed")

STACK = "uvicorn-uvloop-starlette"
DEADLINE_S = 20.0
APP = '''"""The catalogue's app, and a loop before each request."""

import os

from app import app as original

TURNS = range(int(os.environ["PLANTED_TURNS"]))


async def app(scope, receive, send):
    for _ in TURNS:
        pass
    await original(scope, receive, send)
'''
TURNS = 40
"""About 1.5 % of what a request of the original executes."""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """The repository's, with a folder of apps that holds the planted one as well."""
    for name in ("targets", "scenarios"):
        shutil.copytree(reference() / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "targets/apps/starlette/planted_app.py").write_text(APP)
    return Workspace(targets=tmp_path / "targets", scenarios=tmp_path / "scenarios", results=tmp_path / "results")


@pytest.fixture
def here(workspace: Workspace) -> Iterator[Machine]:
    with machine(workspace, Placement()) as made:
        yield made


def plan_of(workspace: Workspace) -> Plan:
    """Three stacks that differ by the length of a loop; two of them do not."""
    catalogue = read(workspace)
    original = catalogue.stacks[STACK]
    stacks = tuple(
        replace(original, name=name, app="starlette/planted_app:app", env={"PLANTED_TURNS": str(turns)})
        for name, turns in (("original", 0), ("same", 0), ("more", TURNS))
    )
    return Plan(
        preset="count",
        rounds=0,
        seed=1,
        warmup_s=0,
        measure_s=0,
        command="stacklab count",
        contract=catalogue.contract,
        stacks=stacks,
        scenarios=(catalogue.scenarios["json"],),
        cells=(),
    )


@pytest.mark.minutes
@NEEDS_VALGRIND
def test_a_planted_loop_is_told_apart_and_the_same_is_not(here: Machine, workspace: Workspace, tmp_path: Path) -> None:
    plan = plan_of(workspace)

    def counted(stack: str) -> CountResult:
        folder = tmp_path / stack
        folder.mkdir()
        wanted = Count(
            stack=stack,
            scenario="json",
            started_at=here.utc_now(),
            source=CountSource.CALLGRIND,
            effort=CountEffort(hash_seeds=(0, 1, 2), requests=50, warmup=100),
        )
        found = count_result(count(wanted, plan, here, folder))
        assert found.failed is None
        return found

    original, same, more = map(counted, ("original", "same", "more"))

    assert Verdict.SLOWER == contrast(original, more).verdict
    assert contrast(original, same).verdict in {Verdict.SAME, Verdict.UNRESOLVED}
    assert "_PyEval_EvalFrameDefault" in {one.name for one in original.functions}


@NEEDS_VALGRIND
def test_a_process_that_is_not_under_valgrind_is_named(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callgrind, "FIRST_HEARD_S", 0)
    child = supervisor.spawn(["sleep", "60"], name="sleep", log=tmp_path / "log")

    with pytest.raises(StageError, match=f"valgrind did not hear `instrumentation on` in process {child.pid}"):
        callgrind.Callgrind(tmp_path, lambda: [child.pid]).start()


@NEEDS_VALGRIND
def test_processes_that_come_and_go_are_refused(tmp_path: Path) -> None:
    coming = iter([[], [7]])
    processes = callgrind.Callgrind(tmp_path, lambda: next(coming))
    processes.start()

    with pytest.raises(StageError, match="started or ended processes meanwhile"):
        processes.statuses()


def test_the_counter_of_a_processor_counts_from_one_reading_to_the_next(
    supervisor: Supervisor, programs: Path, tmp_path: Path, heard: Callable[[Child, str], str]
) -> None:
    argv = [sys.executable, str(programs / "busy_core.py"), "0"]
    child = supervisor.spawn(argv, name="busy", log=tmp_path / "log")
    heard(child, "ready")
    counter = ProcessorCounter(lambda: tree(child.pid), Event.TASK_CLOCK)
    counter.start()
    first = wait_for(lambda: counter.total() or None, deadline_s=DEADLINE_S)
    second = wait_for(lambda: counter.total() or None, deadline_s=DEADLINE_S)
    counter.close()

    assert first is not None
    assert second is not None


def test_a_counter_that_cannot_be_read_is_no_zero() -> None:
    counter = ProcessorCounter(lambda: ())

    with pytest.raises(StageError, match="cannot be read"):
        counter.start()
