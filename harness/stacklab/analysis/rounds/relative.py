"""Stacks that took turns, relative to each other: the values by round whose ratios are those within the sweeps.

Within a sweep the stacks meet the same machine, so that whatever slows it down leaves their ratios alone. Of a round,
each stack has the median over the sweeps of its logarithm, less the mean of all stacks in that sweep; for two stacks
the difference of theirs is the median of the log ratios of their slices. Medians, because a slice that was robbed says
anything (Bulej et al. 2020, "Duet Benchmarking"; Abedi & Brecht 2017, "Conducting Repeatable Experiments in Highly
Variable Cloud Computing Environments", on interleaving). A round is still one replicate: its slices share one boot.

The level of a round is that of its own slices. It is the same for all stacks, and leaves every ratio as it is.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from stacklab.analysis.metrics import CPU, P50, THROUGHPUT, Metric
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.run.interleaved import SliceNumbers
from stacklab.analysis.run.summary import Summary
from stacklab.columns import Column

FEWEST_SWEEPS: Final = 4
"""In which all stacks have a value, for a round to say anything of ratios."""

OF_SLICES: Final[Mapping[Metric, Callable[[SliceNumbers], Column]]] = {
    THROUGHPUT: lambda numbers: numbers.throughput_rps,
    CPU: lambda numbers: numbers.cpu_us_per_request,
    P50: lambda numbers: numbers.p50_ms,
}
"""The metrics that a slice has enough requests for; of a tail, the slices of a round are taken together."""


class Turn(NamedTuple):
    """A cell, and its runs."""

    cell: CellResult
    runs: tuple[Summary, ...]


def with_relative_values(turns: Sequence[Turn]) -> tuple[CellResult, ...]:
    """The cells of one scenario, with values by round that can be compared wherever they took turns."""
    found: list[dict[str, dict[int, float]]] = [{} for _ in turns]
    for members in _groups(turns):
        for metric in OF_SLICES:
            values = relative([_of(metric, run.by_slice) for _, run in members if run.by_slice is not None])
            for (place, run), value in zip(members, values, strict=True):
                if value is not None:
                    found[place].setdefault(metric.key, {})[run.run.cell.round] = value
    return tuple(replace(turn.cell, relative=values) for turn, values in zip(turns, found, strict=True))


def relative(stacks: Sequence[Mapping[int, float]]) -> tuple[float | None, ...]:
    """One value a stack, from its values by sweep; None where too few sweeps have one of each."""
    shared = sorted(set.intersection(*(set(values) for values in stacks))) if stacks else []
    if len(shared) < FEWEST_SWEEPS:
        return tuple(None for _ in stacks)
    logs = np.log(np.array([[values[sweep] for sweep in shared] for values in stacks]))
    level = float(np.median(logs.mean(axis=0)))
    return tuple(math.exp(level + float(middle)) for middle in np.median(logs - logs.mean(axis=0), axis=1))


def _groups(turns: Sequence[Turn]) -> list[list[tuple[int, Summary]]]:
    """The runs that were measured together, each with the place of its cell."""
    groups: dict[tuple[int, int], list[tuple[int, Summary]]] = {}
    for place, turn in enumerate(turns):
        for run in turn.runs:
            if run.by_slice is not None:
                groups.setdefault((run.run.cell.round, run.run.driver.spans[0].start_ns), []).append((place, run))
    return [members for members in groups.values() if len(members) > 1]


def _of(metric: Metric, numbers: SliceNumbers) -> Mapping[int, float]:
    return {
        int(sweep): float(value)
        for sweep, value in zip(numbers.sweep, OF_SLICES[metric](numbers), strict=True)
        if math.isfinite(value) and value > 0
    }
