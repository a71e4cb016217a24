"""The results of a claim's arms, round by round, and the selection of the numbers that a decision needs."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from statistics import fmean
from typing import TypeAlias

from stacklab.model.claims.arm import Chosen, Levels, chosen
from stacklab.model.claims.finding import ArmCaveat
from stacklab.model.measured.record import Failed, Row

RowsByRound: TypeAlias = Mapping[int, tuple[Row, ...]]
"""The rows of one arm, by round."""

ByRound: TypeAlias = Mapping[int, float]
"""One number a round."""

Key: TypeAlias = tuple[tuple[str, int | float | str], ...]
"""A grid point as a hashable key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """Everything that one session knows of a claim."""

    arms: Mapping[str, RowsByRound]
    """By name; an arm without a completed round has none."""
    twin: RowsByRound = field(default_factory=dict)
    """Rows of the twin: the second measurement of an arm."""
    failed: Mapping[str, tuple[Failed, ...]] = field(default_factory=dict)
    suspect: Mapping[str, tuple[ArmCaveat, ...]] = field(default_factory=dict)
    """Arms that cannot support a difference, and why; one of each kind of caveat."""
    void: Mapping[str, tuple[ArmCaveat, ...]] = field(default_factory=dict)
    """Arms that cannot support anything, and why."""
    dropped: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Rounds of an arm, at any of its grid points, that something else disturbed: they have no rows."""

    @property
    def rounds(self) -> int:
        """The number of rounds in which every arm has a result."""
        every = [set(rounds) for rounds in self.arms.values()]
        return len(set.intersection(*every)) if every else 0


def places(rounds: RowsByRound, metric: str, at: Chosen) -> Mapping[Key, ByRound]:
    """The values of a metric at each chosen grid point, by round.

    If a grid point has several values in one round, the last counts.
    """
    found: dict[Key, dict[int, float]] = {}
    for number, rows in rounds.items():
        for row in rows:
            if row.metric == metric and chosen(row.at, at):
                found.setdefault(key(row.at), {})[number] = row.value
    return found


def in_order(rounds: RowsByRound, metric: str, at: Chosen) -> Mapping[int, tuple[float, ...]]:
    """The values of a metric in the order in which they came, by round."""
    return {
        number: tuple(row.value for row in rows if row.metric == metric and chosen(row.at, at))
        for number, rows in rounds.items()
    }


def means(rounds: RowsByRound, metric: str, at: Chosen) -> ByRound:
    """The mean over the chosen grid points, in each round that has all of them."""
    grid = places(rounds, metric, at)
    return {number: fmean(grid[place][number] for place in grid) for number in complete(grid.values())}


def ratios(candidate: RowsByRound, baseline: RowsByRound, metric: str, at: Chosen) -> Mapping[Key, ByRound]:
    """Candidate over baseline at each grid point that both have, by round; only where both are above zero.

    A level that only one of the two knows does not part them: each place of the one is set beside every place of the
    other that it agrees with. Nor does one that has one value on either side: that is how the two arms differ.
    """
    above, below = places(candidate, metric, {}), places(baseline, metric, {})
    parting = _varied(above) | _varied(below)
    found: dict[Key, ByRound] = {}
    for (one, values), (other, under) in product(above.items(), below.items()):
        both = {**dict(other), **dict(one)}
        if _agree(dict(one), dict(other), parting) and chosen(both, at):
            found[key(both)] = {
                number: values[number] / under[number]
                for number in sorted(values.keys() & under.keys())
                if values[number] > 0 and under[number] > 0
            }
    return found


def geometric(grid: Mapping[Key, ByRound]) -> ByRound:
    """The geometric mean over the grid points, in each round that has all of them."""
    return {
        number: math.exp(fmean(math.log(grid[place][number]) for place in grid)) for number in complete(grid.values())
    }


def complete(grid: Iterable[ByRound]) -> tuple[int, ...]:
    """The rounds that every grid point has."""
    every = [set(values) for values in grid]
    return tuple(sorted(set.intersection(*every))) if every else ()


def key(at: Levels) -> Key:
    """A grid point as a hashable key; its levels are sorted by name."""
    return tuple(sorted(at.items()))


def _varied(grid: Iterable[Key]) -> frozenset[str]:
    """The levels that have more than one value."""
    pairs = {pair for place in grid for pair in place}
    names = [name for name, _ in pairs]
    return frozenset(name for name in names if names.count(name) > 1)


def _agree(one: Levels, other: Levels, parting: Collection[str]) -> bool:
    """Whether two grid points agree in all of these levels."""
    return all(one[name] == other[name] for name in one.keys() & other.keys() & set(parting))
