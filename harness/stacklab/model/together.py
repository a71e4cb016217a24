"""Which stacks of a scenario are up at once in a round and take turns, and why others have runs of their own."""

from collections.abc import Iterable, Sequence
from math import ceil
from typing import Final

from stacklab.model.plan import Cell, Plan, parts_of
from stacklab.model.traffic.scenario import DEFAULT_USER, Scenario
from stacklab.model.traffic.slices import why_not_sliced

MOST_TOGETHER: Final = 8
"""Servers that are up at once, so that memory suffices."""


_OF_ITS_CLAIM: Final = "its claim is about whole runs"


def groups(cells: Sequence[Cell], *, most: int = MOST_TOGETHER) -> tuple[tuple[Cell, ...], ...]:
    """The cells of a scenario and round that are up at once, group after group.

    If there are more than ``most``, all groups begin with the same cell, the pivot, through which they are compared. It
    is another one in each round, and the others are dealt out in running order, which is random: over the rounds, every
    two stacks are in the same group about as often.
    """
    if len(cells) <= most:
        return (tuple(cells),)
    by_name = sorted(cells, key=lambda cell: cell.name)
    pivot = by_name[cells[0].round % len(cells)]
    others = [cell for cell in cells if cell != pivot]
    count = ceil(len(others) / (most - 1))
    return tuple((pivot, *others[number::count]) for number in range(count))


def why_whole_runs(scenario: Scenario, plan: Plan) -> str:
    """Why each stack has a run of its own under a scenario, as the end of a sentence; empty where they take turns."""
    endpoints = [plan.contract.endpoints[call.endpoint] for call in scenario.calls]
    cells = [cell for cell in plan.served if cell.scenario == scenario.name]
    stacks = {cell.stack for cell in cells}
    claims = {cell.claim for cell in cells if cell.claim is not None}
    backends = plan.contract.backends_of(parts_of(scenario, plan.contract))
    reasons = (
        ("the plan wants whole runs", not plan.interleaved),
        (_OF_ITS_CLAIM, any(not plan.claim(name).turns for name in claims)),
        ("all servers use the same port", plan.one_port),
        ("no other stack is compared with this one", len(stacks) < 2),
        ("a locustfile of its own sends the load", scenario.user != DEFAULT_USER),
        ("its messages use WebSockets, which stay open", any(one.messages for one in endpoints)),
        ("the chunks of its responses are timed", any(one.piece_end is not None for one in endpoints)),
        ("its endpoints use a backend, whose counts are per run", bool(backends)),
    )
    return next((reason for reason, holds in reasons if holds), "") or why_not_sliced(scenario.load)


def whole_runs(plan: Plan) -> dict[str, tuple[str, ...]]:
    """The scenarios whose stacks do not take turns although the plan wants it, by the reason."""
    found: dict[str, list[str]] = {}
    for scenario in _measured(plan) if plan.interleaved else ():
        reason = why_whole_runs(scenario, plan)
        if reason and reason != _OF_ITS_CLAIM:
            found.setdefault(reason, []).append(scenario.name)
    return {reason: tuple(names) for reason, names in found.items()}


def takes_turns(plan: Plan) -> bool:
    """Whether the stacks of any scenario do."""
    return any(not why_whole_runs(scenario, plan) for scenario in _measured(plan))


def _measured(plan: Plan) -> Iterable[Scenario]:
    """The scenarios that have cells: a plan of counts or profiles has none."""
    names = {cell.scenario for cell in plan.served}
    return [scenario for scenario in plan.scenarios if scenario.name in names]
