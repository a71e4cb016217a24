"""Ranks and the noise floor: what is compared under a scenario, among whom, and how finely."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from stacklab.analysis.rounds.noise_floor import noise_floor
from stacklab.analysis.rounds.ranks import Contest, Rounds, ranked
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.scenario import Scenario
from stacklab.model.verdict import Rank, Validity
from stacklab.report.session.view import CellView, Floors

CLOSED: Final = ("throughput_rps", "cpu_us_per_request")
"""A closed loop measures capacity: its latency is connections over throughput, and no second opinion."""

OPEN: Final = ("latency_ms.p50", "latency_ms.p99", "cpu_us_per_request")
"""An open loop measures latency: its throughput is what was offered."""

MORE_IS_BETTER: Final = frozenset({"throughput_rps"})


def contests(
    scenarios: Iterable[Scenario], cells: Iterable[CellView], twins: Iterable[CellView] = ()
) -> tuple[Contest, ...]:
    """Every scenario by every metric that its load can compare. Cells that are void or have no numbers stay out."""
    standing = [cell for cell in cells if cell.rounds and cell.validity is not Validity.VOID]
    beside = [cell for cell in twins if cell.rounds and cell.validity is not Validity.VOID]
    return tuple(
        _contest(scenario, metric, standing, beside)
        for scenario in scenarios
        for metric in (CLOSED if isinstance(scenario.load, Closed) else OPEN)
    )


def noise_floors(scenarios: Iterable[Scenario], cells: Sequence[CellView], twins: Sequence[CellView]) -> Floors | None:
    """What the stack that was measured twice says of each metric; None where no pair of rounds was measured."""
    stacks = {twin.stack for twin in twins}
    floors: dict[str, dict[str, float]] = {}
    for contest in contests(scenarios, cells, twins):
        if not contest.bounds & stacks:
            for name in stacks & contest.values.keys():
                for twin in contest.extra:
                    floor = noise_floor(contest.values[name], twin)
                    if floor is not None:
                        floors.setdefault(contest.scenario, {})[contest.metric] = floor
    return floors or None


def ranks(
    scenarios: Iterable[Scenario],
    cells: Sequence[CellView],
    twins: Sequence[CellView] = (),
    floors: Floors | None = None,
) -> Iterator[tuple[str, str, tuple[Rank, ...]]]:
    """(scenario, metric, ranks from best to worst), where anybody has two rounds."""
    compared = [
        replace(contest, floor=(floors or {}).get(contest.scenario, {}).get(contest.metric, 0.0))
        for contest in contests(scenarios, cells, twins)
    ]
    for contest, found in zip(compared, ranked(compared), strict=True):
        if found:
            yield contest.scenario, contest.metric, found


def _contest(scenario: Scenario, metric: str, cells: Iterable[CellView], twins: Iterable[CellView]) -> Contest:
    here = [cell for cell in cells if cell.scenario == scenario.name]
    quantile = metric.partition(".")[2]
    return Contest(
        scenario=scenario.name,
        metric=metric,
        more_is_better=metric in MORE_IS_BETTER,
        values={cell.stack: rounds for cell in here if (rounds := by_round(cell, metric))},
        bounds=frozenset(cell.stack for cell in here if quantile in cell.latency_at_least),
        extra=tuple(
            rounds
            for twin in twins
            if twin.scenario == scenario.name
            and quantile not in twin.latency_at_least
            and (rounds := by_round(twin, metric))
        ),
    )


def by_round(cell: CellView, metric: str) -> Rounds:
    """The values of a metric in the cell's rounds; a quantile that not every round has enough requests for has none."""
    field, _, quantile = metric.partition(".")
    if quantile and cell.latency_ms.get(quantile) is None:
        return {}
    found = ((one.round, one.latency_ms.get(quantile) if quantile else getattr(one, field)) for one in cell.rounds)
    return {number: value for number, value in found if value is not None}
