"""What every rendering promises, whatever is in the session."""

import json as stdlib_json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from stacklab.analysis.session import SessionReader
from stacklab.model.measured.record import ROW, Completed, Failed, Usage
from stacklab.report.session import json, markdown, text
from stacklab.report.session.view import View, build_view
from stacklab.store.journal import Journal, keep_usage
from stacklab.store.schema import write_requests
from stacklab.store.session import REQUESTS, SERVER_LOG, StoredSession

NASTY = "<script>x</script> | [red]not red[/red] *loud*"


@pytest.fixture
def view(session: SessionReader) -> View:
    return build_view(session)


@pytest.fixture
def nasty(session: Any) -> View:
    """The session in which every failure has a reason full of markup."""
    runs = tuple(replace(run, reason=NASTY) if isinstance(run, Failed) else run for run in session.runs)
    return build_view(replace(session, runs=runs))


def _cells(view: View) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = stdlib_json.loads(json.render(view))["cells"]
    return cells


def test_a_failed_cell_carries_its_reason_and_no_numbers(view: View) -> None:
    broken = next(cell for cell in _cells(view) if cell["stack"] == "broken")

    assert broken == {
        "stack": "broken",
        "scenario": "echo",
        "rounds": 0,
        "validity": "void",
        "difference_validity": "void",
        "caveats": [
            {
                "kind": "failed-rounds",
                "text": "3 of 3 rounds failed (at boot: broken did not boot: ImportError: x).",
                "facts": {
                    "failed": {"value": 3, "unit": "count"},
                    "rounds": {"value": 3, "unit": "count"},
                    "stage": "boot",
                    "reason": "broken did not boot: ImportError: x",
                },
            }
        ],
        "failed": {"stage": "boot", "reason": "broken did not boot: ImportError: x"},
    }


def test_a_lower_bound_says_at_least(view: View) -> None:
    liar = next(cell for cell in _cells(view) if cell["stack"] == "liar")

    assert {"p50": False, "p90": True, "p99": True, "p99.9": True} == {
        name: value.get("at_least", False) for name, value in liar["latency_ms"].items()
    }


def test_a_cell_that_was_not_run_is_counted_and_not_shown(session: Any) -> None:
    left = tuple(run for run in session.runs if run.cell.name != "fast")
    document = stdlib_json.loads(json.render(build_view(replace(session, runs=left))))

    assert (6, set()) == (
        document["session"]["missing"],
        {cell["stack"] for cell in document["cells"]} & {"fast"},
    )


def test_a_session_without_any_run_is_rendered(session: Any) -> None:
    empty = build_view(replace(session, runs=(), profiles=()))

    assert "No stack is ranked." in markdown.render(empty)


def test_a_session_of_one_round_has_values_and_no_ranks(session: Any) -> None:
    one = build_view(replace(session, runs=tuple(run for run in session.runs if run.cell.round == 1)))

    assert ((), False) == (one.result.ranks, "±" in markdown.render(one))


def test_markup_in_a_reason_is_inert_in_markdown(nasty: View) -> None:
    assert r"\<script\>x\</script\> \| \[red\]not red\[/red\] \*loud\*" in markdown.render(nasty)


def test_markup_in_a_reason_is_printed_as_it_is(nasty: View) -> None:
    assert NASTY in text.render_plain(nasty)


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_tables_fit_the_terminal_with_their_last_column(view: View, width: int) -> None:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        text.render(view, console)

    assert captured.get().count("suspect\n") + captured.get().count("suspect ") >= 1
    assert "…" not in captured.get()


def test_a_session_read_from_its_files_gives_the_same_numbers(session: Any, view: View, tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, session.plan, session.host, started_at=session.started_at)
    for run in session.runs:
        folder = journal.start(run.cell)
        if isinstance(run, Completed):
            columns = session.requests(run)
            rows = np.zeros(len(columns["phase"]), dtype=list(ROW))
            for name in set(columns) - {"phase", "outcome"}:
                rows[name] = columns[name]
            rows["phase_outcome"] = columns["phase"] << 4 | columns["outcome"]
            (call,) = session.plan.scenario(run.cell.scenario).calls
            write_requests(rows, (call.endpoint,), folder / REQUESTS)
            (folder / SERVER_LOG).write_text(f"Traceback\n{session.last_log_line(run)}\nstopped\n")
            keep_usage(folder, _looks(session.usage(run)))
        journal.keep(run, {})

    reread = build_view(StoredSession.open(journal.folder))

    assert (view.result.cells, view.result.ranks) == (reread.result.cells, reread.result.ranks)


def _looks(columns: Any) -> list[Usage]:
    rows = zip(*columns.values(), strict=True)
    return [
        Usage(**{name: None if value == -1 else int(value) for name, value in zip(columns, row, strict=True)})  # type: ignore[arg-type] # names come from Usage itself
        for row in rows
    ]


def test_a_calibrated_ceiling_reaches_the_rules(session: Any) -> None:
    near = build_view(replace(session, plan=replace(session.plan, ceiling_rps=7000.0)))

    doubted = {cell.stack for cell in near.result.cells for caveat in cell.caveats if caveat.kind == "near-ceiling"}
    assert {"fast", "fast-too", "liar"} == doubted


def test_a_run_that_was_set_aside_is_counted_and_said(session: Any) -> None:
    aside = build_view(replace(session, discarded=(session.plan.cells[0],)))

    assert "1 run was measured again because of other activity." in markdown.render(aside)


@pytest.mark.parametrize(
    ("until", "said"),
    [(0.5, "was not met within 60"), (None, None)],
)
def test_a_stopping_rule_says_what_came_of_it(session: Any, until: float | None, said: str | None) -> None:
    """Three rounds are too few for any width."""
    ruled = build_view(replace(session, plan=replace(session.plan, until=until, budget_s=60.0)))

    assert (said is not None) == ("The stopping rule, all intervals within" in markdown.render(ruled))
    assert (said or "") in markdown.render(ruled)
