"""Ranks: tie groups of the stacks of a scenario, by each metric that its load can compare."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from stacklab.analysis.ties import tie_groups
from stacklab.model.load import Closed
from stacklab.model.scenario import Scenario
from stacklab.model.verdict import Estimate, Validity
from stacklab.report.view import CellView

CLOSED: Final = ("throughput_rps", "cpu_us_per_request")
"""A closed loop measures capacity: its latency is connections over throughput, and no second opinion."""

OPEN: Final = ("latency_ms.p50", "latency_ms.p99", "cpu_us_per_request")
"""An open loop measures latency: its throughput is what was offered."""


def ranks(
    scenarios: Iterable[Scenario], cells: Iterable[CellView]
) -> Iterator[tuple[str, str, tuple[tuple[str, ...], ...]]]:
    """(scenario, metric, tie groups from best to worst). Cells that are void or have no numbers are not ranked."""
    cells = tuple(cells)
    for scenario in scenarios:
        ranked = [
            cell
            for cell in cells
            if cell.scenario == scenario.name and cell.rounds and cell.validity is not Validity.VOID
        ]
        for metric in CLOSED if isinstance(scenario.load, Closed) else OPEN:
            estimates = {cell.stack: found for cell in ranked if (found := _estimate(cell, metric)) is not None}
            groups = tie_groups(estimates, more_is_better=metric == "throughput_rps")
            if groups:
                yield scenario.name, metric, groups


def _estimate(cell: CellView, metric: str) -> Estimate | None:
    """The cell's estimate by the name it has in the view; open above where it is only a lower bound."""
    field, _, quantile = metric.partition(".")
    value = getattr(cell, field)
    found: Estimate | None = value[quantile] if quantile else value
    if found is not None and found.high is not None and quantile in cell.latency_at_least:
        return replace(found, high=float("inf"))
    return found
