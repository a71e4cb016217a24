"""A session in one line: what was measured, and how much of it there is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stacklab.errors import UsageError
from stacklab.model.plan import Plan
from stacklab.store.folder import label_of
from stacklab.store.session import RUN, StoredSession

MOST_NAMED: Final = 3
"""Scenarios that are named; of more, only the number is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionEntry:
    """One session of a list."""

    name: str
    label: str | None
    started_at: str
    runs: str
    """``12``, or ``9 of 12`` of one that was interrupted."""
    what: str


def entry_of(folder: Path) -> SessionEntry:
    """What a session holds, by its plan; one that cannot be read says why."""
    label = label_of(folder.name)
    try:
        session = StoredSession.open(folder)
        planned = len(session.cells)
    except UsageError as error:
        return SessionEntry(name=folder.name, label=label, started_at="", runs="-", what=f"cannot be read: {error}")
    done = sum((folder / cell.folder / RUN).is_file() for cell in session.cells)
    return SessionEntry(
        name=folder.name,
        label=label,
        started_at=session.started_at,
        runs=f"{done}" if done == planned else f"{done} of {planned}",
        what=_in_words(session.plan),
    )


def _in_words(plan: Plan) -> str:
    if plan.claims:
        return f"claims: {', '.join(claim.name for claim in plan.claims)}"
    if plan.app is not None:
        return f"{plan.app.app} on {_count(len(plan.stacks), 'server')}"
    scenarios = ", ".join(scenario.name for scenario in plan.scenarios)
    if len(plan.scenarios) > MOST_NAMED:
        scenarios = _count(len(plan.scenarios), "scenario")
    stacks = plan.stacks[0].name if len(plan.stacks) == 1 else _count(len(plan.stacks), "stack")
    return f"{stacks} under {scenarios}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
