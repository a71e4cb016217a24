"""What a run is expected to take and to show, before it begins; and what it has shown, when it has ended."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console

from stacklab.errors import UsageError
from stacklab.model.measured.estimate import seconds_of_all
from stacklab.model.plan import Cell, Plan, PlannedRun
from stacklab.report.claims.words import duration
from stacklab.report.session import text
from stacklab.report.session.view import View, build_view
from stacklab.report.session.words.advice import advice, foreseen
from stacklab.report.session.words.verdicts import verdicts
from stacklab.store.session import StoredSession

MOST_TABLES: Final = 3
"""Scenarios that are shown as tables at the end; of more, each has its sentence."""


def announce(plan: Plan, runs: Sequence[PlannedRun], console: Console) -> None:
    """Say how much there is to do and how long it takes, and what it will not show."""
    if not runs:
        return
    cells = [run for run in runs if isinstance(run, Cell)]
    stacks, scenarios = len({cell.stack for cell in cells}), len({cell.scenario for cell in cells})
    rounds = len({cell.round for cell in cells})
    about = duration(seconds_of_all(runs, plan))
    until = "" if plan.until is None else f", and up to {duration(plan.budget_s or 0)} of further rounds"
    console.print(
        f"measuring {_count(stacks, 'stack')} under {_count(scenarios, 'scenario')} in {_count(rounds, 'round')}: "
        f"{_count(len(runs), 'run')}, about {about}{until}",
        markup=False,
    )
    for sentence in foreseen(plan):
        console.print(sentence, markup=False)


def conclude(folder: Path, results: Console, console: Console) -> None:
    """Print the result of a session that has just been measured, and what would resolve what it leaves open.

    What cannot be judged is left to ``report``, which says why: the runs are kept in any case.
    """
    session = StoredSession.open(folder)
    try:
        view = build_view(session)
    except UsageError as error:
        console.print(f"the result cannot be shown: {error}", markup=False)
        return
    if len(view.scenarios) <= MOST_TABLES:
        text.render(view, results)
    results.print()
    for sentence in answers(view):
        results.print(sentence, markup=False)
    for sentence in advice(view, session.plan):
        console.print(sentence, markup=False)


def answers(view: View) -> list[str]:
    """The verdict on each scenario."""
    return [f"{one.scenario.name}: {one.text}" for one in verdicts(view)]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
