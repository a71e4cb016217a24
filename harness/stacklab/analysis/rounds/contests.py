"""The contests of a session: which cells are compared, by which metric, with noise floors, ranks and alarms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from stacklab.analysis.metrics import COMPARED, ERRORS, THROUGHPUT, Metric, load_kind, ranked_by
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.rounds.noise_floor import noise_floor
from stacklab.analysis.rounds.ranks import ranked
from stacklab.analysis.rounds.scatter import Contest
from stacklab.model.measured.verdict import Rank
from stacklab.model.plan import MARGIN
from stacklab.model.traffic.scenario import Scenario

Floors: TypeAlias = Mapping[str, Mapping[str, float]]
"""By scenario and key of a metric: a relative difference."""

Ranking: TypeAlias = tuple[str, Metric, tuple[Rank, ...]]
"""Scenario, metric, and its ranks from best to worst."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standings:
    """What a session tells apart."""

    ranks: tuple[Ranking, ...] = ()
    """Of every scenario by every metric that its load can compare, where anybody has two rounds."""
    sees: Floors
    """What four of five such sessions tell apart, all their questions together."""
    alarms: tuple[tuple[str, Metric], ...] = ()
    """Scenarios and metrics in which a stack is told from itself."""


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


def standings(
    scenarios: Iterable[Scenario], cells: Sequence[CellResult], twins: Sequence[CellResult], *, margin: float = MARGIN
) -> Standings:
    """Rank every scenario by every metric that its load can compare, and ask whether twins are told apart.

    A load that changes in steps ranks nobody: a number over all of its steps is the number of none. The throughput of a
    stack that was not saturated is a lower bound of its capacity.
    """
    asked = [
        (scenario.name, metric)
        for scenario in scenarios
        if not scenario.load.steps
        for metric in ranked_by(load_kind(scenario.load))
    ]
    told = ranked([_of_capacity(contest(name, metric, cells, twins), cells) for name, metric in asked], margin=margin)
    found = list(zip(asked, told, strict=True))
    sees: dict[str, dict[str, float]] = {}
    for (name, metric), one in found:
        if one.sees is not None:
            sees.setdefault(name, {})[metric.key] = one.sees
    return Standings(
        ranks=tuple((name, metric, one.ranks) for (name, metric), one in found if one.ranks),
        sees=sees,
        alarms=tuple((name, metric) for (name, metric), one in found if one.alarm),
    )


def _of_capacity(found: Contest, cells: Iterable[CellResult]) -> Contest:
    """The contest, with stacks that could have served more as such."""
    if found.metric != THROUGHPUT.key:
        return found
    spare = {cell.stack for cell in cells if cell.scenario == found.scenario and not cell.is_saturated}
    return replace(found, spare=frozenset(spare))


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
        twins={
            twin.stack: rounds for twin in beside if not twin.at_least(metric) and (rounds := twin.by_round(metric))
        },
    )
