"""A session's latencies as HdrHistogram files: one table a round, one log a cell, on disk."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from made import HOST, WSGI
from made.evidence import OPEN
from stacklab.cli.main import stacklab
from stacklab.errors import UsageError
from stacklab.model.measured.record import ROW, Completed, DriverReport, Failed, Phase, PhaseSpan, ServerFacts, Stage
from stacklab.model.plan import Cell, Plan
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.scenario import CallSpec, Scenario
from stacklab.store.journal import Journal
from stacklab.store.schema import write_requests
from stacklab.store.session import REQUESTS

STARTED = "2026-11-20T10:15:00Z"
CELLS = tuple(
    Cell(stack="one", scenario="json", round=number, twin=twin) for number in (1, 2) for twin in (False, True)
)
PLAN = Plan(
    preset="quick",
    rounds=2,
    seed=1,
    warmup_s=0,
    measure_s=2,
    command="stacklab run",
    contract=OPEN.contract,
    stacks=(replace(WSGI, name="one"),),
    scenarios=(Scenario(name="json", summary="", calls=(CallSpec(endpoint="plain"),), load=Closed(connections=1)),),
    cells=CELLS,
)


def completed(cell: Cell) -> Completed:
    return Completed(
        cell=cell,
        started_at=STARTED,
        server=ServerFacts(argv=(), python="CPython 3.13.0", packages={}, cpus=(0,), boot_s=0.5),
        driver=DriverReport(
            driver="reactor",
            versions={},
            spans=(PhaseSpan(phase=Phase.MEASURE, start_ns=0, end_ns=2_000_000_000),),
            intended=1,
            seconds=(),
            connects=1,
            gc_collections=0,
            dropped_timers=0,
            kernel_timestamps=False,
        ),
        driver_cpus=(1,),
        served=None,
        overhead_s=1.0,
    )


@pytest.fixture(name="journal")
def _journal(tmp_path: Path) -> Journal:
    return Journal.create(tmp_path / "results", PLAN, HOST, started_at=STARTED)


@pytest.fixture(name="measured")
def _measured(journal: Journal) -> Journal:
    """A session in which the second round of the stack failed, and not that of its twin."""
    rows = np.zeros(1, dtype=np.dtype(list(ROW)))
    rows["read_ns"], rows["phase_outcome"] = 4_000_000, Phase.MEASURE << 4
    for cell in CELLS:
        folder = journal.start(cell)
        write_requests(rows, ["json"], folder / REQUESTS)
        lost = Failed(cell=cell, started_at=STARTED, stage=Stage.BOOT, reason="no")
        journal.keep(lost if cell.round == 2 and not cell.twin else completed(cell), {})
    return journal


def export(journal: Journal, *words: str) -> Result:
    return CliRunner().invoke(
        stacklab, ["export", str(journal.folder), "--results", str(journal.folder.parent), *words]
    )


def test_every_completed_round_has_a_table_and_every_cell_a_log(measured: Journal) -> None:
    export(measured)
    written = sorted(str(path.relative_to(measured.folder / "hdr")) for path in measured.folder.glob("hdr/*/*/*"))

    assert [
        "one/json/latency.hlog",
        "one/json/r01.hgrm",
        "one~again/json/latency.hlog",
        "one~again/json/r01.hgrm",
        "one~again/json/r02.hgrm",
    ] == written


def test_it_goes_to_the_folder_that_was_named(measured: Journal, tmp_path: Path) -> None:
    done = export(measured, "-o", str(tmp_path / "mine"))

    assert (0, True) == (done.exit_code, (tmp_path / "mine" / "one" / "json" / "r01.hgrm").is_file())


def test_the_title_of_a_table_says_where_it_comes_from(measured: Journal) -> None:
    export(measured)
    table = (measured.folder / "hdr" / "one" / "json" / "r01.hgrm").read_text()

    assert f"#[{measured.folder.name} one/json r01; values in microseconds]" in table


def test_a_session_without_a_completed_run_says_how_to_go_on(journal: Journal) -> None:
    done = export(journal)

    assert isinstance(done.exception, UsageError)
    assert "no run was completed; continue with `stacklab run --resume" in str(done.exception)


def test_a_folder_that_cannot_be_written_is_named(measured: Journal) -> None:
    done = export(measured, "-o", "/proc/nosuch")

    assert isinstance(done.exception, UsageError)
    assert str(done.exception).startswith("/proc/nosuch: cannot be written")
