"""Captions: one plain sentence or two under each chart, computed, saying what it shows and what it does not."""

import math
from collections.abc import Iterable, Mapping

from stacklab.analysis.metrics import CPU, P50, P99
from stacklab.analysis.rounds.cell import CellResult
from stacklab.report.kit.numbers import listed, number, percent

_DRIFT = 0.2
"""Relative change of the median within a run above which it is reported."""
_MOST_NAMED = 4
"""Names that a sentence carries before it says how many more there are."""


def distributed(cells: Iterable[CellResult]) -> str:
    """The caption under the percentile plot: how much longer the tail is than the median."""
    tails = {
        cell.stack: p99.value / p50.value
        for cell in cells
        if (p99 := cell.of(P99)) and (p50 := cell.of(P50)) and p50.value > 0
    }
    if not tails:
        return "There are too few requests to show a tail."
    key = "Each line is the round with the median P50, and ends where too few requests remain."
    short, long = _ends(tails)
    if len(tails) == 1:
        return f"P99 is {number(tails[long], 2)} times P50. {key}"
    least, most = number(tails[short], 2), number(tails[long], 2)
    return f"P99 ranges from {least} times P50 ({short}) to {most} times P50 ({long}). {key}"


def over_time(cells: Iterable[CellResult]) -> str:
    """The caption under the timelines: which medians drifted from the first to the last third of the window."""
    drifts = {cell.stack: drift for cell in cells if (drift := _drift(cell)) is not None}
    moved = [
        f"{stack} ({'up' if drift > 0 else 'down'} {percent(abs(drift))})"
        for stack, drift in drifts.items()
        if abs(drift) > _DRIFT
    ]
    if not drifts:
        return "No run has enough slices to show a trend."
    if not moved:
        return "No median changed by more than a fifth from the first to the last third of its run: all look steady."
    more = f" and {len(moved) - _MOST_NAMED} more" if len(moved) > _MOST_NAMED else ""
    return f"Not steady from the first to the last third of the run: the median of {_named(moved)}{more}."


def costed(cells: Iterable[CellResult]) -> str:
    """The caption under the resource charts: the cheapest and the dearest request."""
    costs = {cell.stack: found.value for cell in cells if cell.ranks_by(CPU) and (found := cell.of(CPU))}
    if not costs:
        return "Processor time could not be read here."
    cheap, dear = _ends(costs)
    waiting = "Time that the server spends waiting is not included."
    if len(costs) == 1:
        return f"A request takes {number(costs[cheap])} µs of CPU time on {cheap}. {waiting}"
    return (
        f"CPU time per request ranges from {number(costs[cheap])} µs ({cheap}) to {number(costs[dear])} µs ({dear}). "
        f"{waiting}"
    )


def shared_out(cell: CellResult) -> str:
    """The sentence beside the bars of the workers: the share of the busiest beside an equal share."""
    workers = len(cell.worker_shares)
    return (
        f"The busiest of {workers} workers sent {percent(cell.worker_shares[0])} of the responses; "
        f"an equal share is {percent(1 / workers)}."
    )


def _ends(values: Mapping[str, float]) -> tuple[str, str]:
    """The names of the smallest and of the largest value."""
    return min(values, key=values.__getitem__), max(values, key=values.__getitem__)


def _named(names: list[str]) -> str:
    return listed(names) if len(names) <= _MOST_NAMED else ", ".join(names[:_MOST_NAMED])


def _drift(cell: CellResult) -> float | None:
    """Relative change of the mean slice median from the first to the last third; None below six slices."""
    medians = [median for _, median, _ in cell.timeline if math.isfinite(median)]
    third = len(medians) // 3
    if third < 2:
        return None
    first, last = sum(medians[:third]), sum(medians[-third:])
    return last / first - 1 if first > 0 else None
