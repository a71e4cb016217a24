"""Stacks that took turns, relative to each other: the values by round whose ratios are those within the sweeps.

Within a sweep the stacks meet the same machine, so that whatever slows it down leaves their ratios alone. Two stacks
have, of each round, the median over its sweeps of the log ratios of their slices. Of more than two, each has the value
that fits the medians of all pairs best (least squares), so that ratios agree with each other. Medians, because a slice
that was robbed says anything (Bulej et al. 2020, "Duet Benchmarking"; Abedi & Brecht 2017, "Conducting Repeatable
Experiments in Highly Variable Cloud Computing Environments", on interleaving); so no sweep has to be left out for it.
A round is still one replicate: its slices share one boot.

The level of a round is that of its own slices. It is the same for all stacks, and leaves every ratio as it is.

Where a round had to be measured in groups, each stack is compared within its group, and with those of another group
through the pivot, which both share: such a ratio has the scatter of two.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from statistics import fmean, median
from typing import Final, NamedTuple

import numpy as np

from stacklab.analysis.metrics import CPU, P50, THROUGHPUT, Metric
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.run.interleaved import SliceNumbers
from stacklab.analysis.run.summary import Summary
from stacklab.columns import Column

FEWEST_SWEEPS: Final = 4
"""In which both of a pair have a value, for a round to say anything of their ratio."""

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
    found = relative_values([turn.runs for turn in turns])
    return tuple(replace(turn.cell, relative=values) for turn, values in zip(turns, found, strict=True))


def relative_values(stacks: Sequence[Sequence[Summary]]) -> Sequence[Mapping[str, Mapping[int, float]]]:
    """Of the runs of each stack: by the key of a metric and by round, values that can be compared."""
    found: list[dict[str, dict[int, float]]] = [{} for _ in stacks]
    for members in _rounds(stacks):
        for metric in OF_SLICES:
            values = relative(_groups(metric, members))
            for place, run in members:
                if place in values:
                    found[place].setdefault(metric.key, {})[run.run.cell.round] = values[place]
    return found


def relative(groups: Sequence[Mapping[int, Mapping[int, float]]]) -> Mapping[int, float]:
    """One value a stack, by its place, from its values by sweep in each of the groups that it was in.

    Groups are linked through the stacks that they share: the ratio of two stacks of different groups is that of each to
    the shared one. A stack has no value if its group has too few sweeps in which all have one, or is not linked.
    """
    found: dict[int, float] = {}
    for group in groups:
        logs = _of_group(group)
        shared = found.keys() & logs.keys()
        if found and not shared:
            continue
        shift = fmean(found[place] - logs[place] for place in shared) if shared else 0.0
        found = {place: value + shift for place, value in logs.items()} | found
    return {place: math.exp(value) for place, value in found.items()}


def _of_group(stacks: Mapping[int, Mapping[int, float]]) -> Mapping[int, float]:
    """The logarithms of stacks that were up at once, at the level of their slices."""
    logs = {place: {sweep: math.log(value) for sweep, value in values.items()} for place, values in stacks.items()}
    pairs = {
        (one, other): median(logs[one][sweep] - logs[other][sweep] for sweep in shared)
        for one, other in combinations(logs, 2)
        if len(shared := logs[one].keys() & logs[other].keys()) >= FEWEST_SWEEPS
    }
    places = sorted({place for pair in pairs for place in pair})
    if not places:
        return {}
    design = np.zeros((len(pairs), len(places)))
    for row, (one, other) in enumerate(pairs):
        design[row, places.index(one)], design[row, places.index(other)] = 1, -1
    fitted, _, rank, _ = np.linalg.lstsq(design, np.array(list(pairs.values())), rcond=None)
    if rank < len(places) - 1:  # two islands, and nothing between them
        return {}
    level = fmean(median(logs[place].values()) for place in places)
    return {place: level + float(value) for place, value in zip(places, fitted, strict=True)}


def _rounds(stacks: Sequence[Sequence[Summary]]) -> list[list[tuple[int, Summary]]]:
    """The runs that took turns with each other, each with the place of its cell."""
    found: dict[int | None, list[tuple[int, Summary]]] = {}
    for place, runs in enumerate(stacks):
        for run in runs:
            if run.by_slice is not None:
                found.setdefault(run.run.turns_since_ns, []).append((place, run))
    return [members for members in found.values() if len(members) > 1]


def _groups(metric: Metric, members: Sequence[tuple[int, Summary]]) -> list[dict[int, dict[int, float]]]:
    """By group, by place, by sweep: the values of a metric, where there are any."""
    found: dict[int, dict[int, dict[int, float]]] = {}
    for place, run in members:
        numbers = run.by_slice
        if numbers is None:
            continue
        for group in np.unique(numbers.group).tolist():
            here = numbers.group == group
            values = zip(numbers.sweep[here].tolist(), OF_SLICES[metric](numbers)[here].tolist(), strict=True)
            found.setdefault(group, {})[place] = {
                sweep: value for sweep, value in values if math.isfinite(value) and value > 0
            }
    return [found[group] for group in sorted(found)]
