"""A session in one line: its label, how many of its runs there are, and what was measured."""

from dataclasses import replace
from pathlib import Path

import pytest

from made import HOST
from stacklab.catalog import catalogue, workspace
from stacklab.model.measured.record import Failed, Stage
from stacklab.model.own_app import AppFacts
from stacklab.model.plan import Cell, Plan
from stacklab.store.journal import Journal
from stacklab.store.overview import entry_of

KNOWN = catalogue.read(workspace.find(workspace.reference()))
STARTED = "2026-11-20T10:15:00Z"
CELLS = tuple(Cell(stack="gunicorn-sync-bare", scenario="json", round=number) for number in (1, 2))
PLAN = Plan(
    preset="quick",
    rounds=2,
    seed=1,
    warmup_s=0.5,
    measure_s=2,
    command="stacklab run",
    contract=KNOWN.contract,
    stacks=(KNOWN.stacks["gunicorn-sync-bare"],),
    scenarios=(KNOWN.scenarios["json"],),
    cells=CELLS,
)


def journal_of(plan: Plan, results: Path, label: str | None = None) -> Journal:
    return Journal.create(results, plan, HOST, started_at=STARTED, label=label)


@pytest.mark.parametrize(
    ("plan", "what"),
    [
        (PLAN, "gunicorn-sync-bare under json"),
        (
            replace(
                PLAN,
                stacks=tuple(one for name, one in KNOWN.stacks.items() if name.startswith("gunicorn-sync-"))[:3],
                scenarios=(KNOWN.scenarios["json"], *list(KNOWN.scenarios.values())[:3]),
            ),
            "3 stacks under 4 scenarios",
        ),
        (
            replace(PLAN, app=AppFacts(app="shop:app", interface="wsgi", kind="a flask.app.Flask", counted=True)),
            "shop:app on 1 server",
        ),
    ],
)
def test_an_entry_says_what_was_measured(tmp_path: Path, plan: Plan, what: str) -> None:
    assert what == entry_of(journal_of(plan, tmp_path).folder).what


def test_an_entry_says_how_much_of_it_there_is(tmp_path: Path) -> None:
    journal = journal_of(PLAN, tmp_path, "before")
    counts = []
    for cell in CELLS:
        journal.start(cell)
        journal.keep(Failed(cell=cell, started_at=STARTED, stage=Stage.BOOT, reason="no"), {})
        counts.append(entry_of(journal.folder).runs)

    entry = entry_of(journal.folder)
    assert (["1 of 2", "2"], "before", STARTED) == (counts, entry.label, entry.started_at)
    assert entry.name.endswith("-before")


def test_a_session_that_cannot_be_read_is_listed_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "20261120T101500Z-7f3a").mkdir()
    (tmp_path / "20261120T101500Z-7f3a" / "plan.json").write_text("{")

    assert entry_of(tmp_path / "20261120T101500Z-7f3a").what.startswith("cannot be read: ")
