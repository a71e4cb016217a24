"""The contests of a session: which cells are compared, by which metric, with its noise floors and ranks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from stacklab.analysis.metrics import COMPARED, ERRORS, Metric, load_kind, ranked_by
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.rounds.noise_floor import noise_floor
from stacklab.analysis.rounds.ranks import Contest, ranked
from stacklab.model.traffic.scenario import Scenario
from stacklab.model.verdict import Rank

Floors: TypeAlias = Mapping[str, Mapping[str, float]]
"""By scenario and key of a metric: the relative difference below which a session detects nothing."""

Ranking: TypeAlias = tuple[str, Metric, tuple[Rank, ...]]
"""Scenario, metric, and its ranks from best to worst."""


def noise_floors(cells: Iterable[CellResult], twins: Iterable[CellResult]) -> Floors:
    """The noise floor of every compared metric, from the stack that was measured twice.

    A scenario without a pair of rounds has no floor, nor has a metric that is only a lower bound, nor have errors.
    """
    own = {(cell.stack, cell.scenario): cell for cell in cells if cell.counts}
    floors: dict[str, dict[str, float]] = {}
    for twin in twins:
        cell = own.get((twin.stack, twin.scenario))
        if cell is not None and twin.counts:
            floors[twin.scenario] = {
                metric.key: floor
                for metric in COMPARED
                if metric is not ERRORS
                and not cell.at_least(metric)
                and not twin.at_least(metric)
                and (floor := noise_floor(cell.by_round(metric), twin.by_round(metric))) is not None
            }
    return floors


def ranks(
    scenarios: Iterable[Scenario], cells: Sequence[CellResult], twins: Sequence[CellResult], floors: Floors
) -> Iterator[Ranking]:
    """The ranks of every scenario by every metric that its load can compare, if any stack has two rounds.

    A load that changes in steps ranks nobody: a number over all of its steps is the number of none.
    """
    asked = [
        (scenario.name, metric)
        for scenario in scenarios
        if not scenario.load.steps
        for metric in ranked_by(load_kind(scenario.load))
    ]
    contests = [
        replace(contest(name, metric, cells, twins), floor=floors.get(name, {}).get(metric.key, 0.0))
        for name, metric in asked
    ]
    for (name, metric), found in zip(asked, ranked(contests), strict=True):
        if found:
            yield name, metric, found


def contest(scenario: str, metric: Metric, cells: Iterable[CellResult], twins: Iterable[CellResult] = ()) -> Contest:
    """One scenario and one metric. Cells that are void or have no numbers stay out."""
    here = [cell for cell in cells if cell.scenario == scenario and cell.counts]
    beside = [twin for twin in twins if twin.scenario == scenario and twin.counts]
    return Contest(
        scenario=scenario,
        metric=metric.key,
        more_is_better=metric.more_is_better,
        values={cell.stack: rounds for cell in here if (rounds := cell.by_round(metric))},
        bounds=frozenset(cell.stack for cell in here if cell.at_least(metric)),
        extra=tuple(rounds for twin in beside if not twin.at_least(metric) and (rounds := twin.by_round(metric))),
    )
