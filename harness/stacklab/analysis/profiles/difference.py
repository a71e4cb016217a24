"""Where two stacks differ: processor time per request by function, from several profiles of each.

Profiles are exchanged between the sides in every possible way. A difference is located where hardly any exchange gives
one as large, relative to its spread; the share of false ones among those that are located is limited.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, islice
from math import comb
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stacklab.analysis.profiles.result import ProfileResult
from stacklab.analysis.profiles.samples import added_up
from stacklab.model.layers import KERNEL

FEWEST_PROFILES: Final = 4
"""On each side. With three there are 20 ways to exchange them, and chance alone would often look like a difference."""

FALSE_AT_MOST: Final = 0.1
"""Share of false differences among the located ones (Benjamini and Hochberg)."""

FLOOR_SHARE: Final = 0.01
FLOOR_NS: Final = 2000.0
"""Functions that take less than either on both sides are not tested."""

GONE: Final = 0.1
"""A function has vanished, or appeared, where one side has less than this part of the other's time."""

MOST_EXCHANGES: Final = 1000


class ProfileChange(StrEnum):
    """What became of a function."""

    APPEARED = "appeared"
    GROWN = "grown"
    SHRUNK = "shrunk"
    VANISHED = "vanished"


@dataclass(frozen=True, kw_only=True, slots=True)
class Located:
    """A function that takes more or less time per request, without what it calls."""

    function: str
    change: ProfileChange
    before_ns: float
    after_ns: float

    @property
    def more_ns(self) -> float:
        """Negative where it takes less."""
        return self.after_ns - self.before_ns


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileDifference:
    """B against A."""

    before_ns: float
    after_ns: float
    """Processor time per request, as the kernel counted it: the mean of the profiles."""
    profiles: tuple[int, int]
    located: tuple[Located, ...]
    """The largest first."""
    tested: int
    """Functions."""

    @property
    def more_ns(self) -> float:
        """The whole difference."""
        return self.after_ns - self.before_ns

    @property
    def not_located_ns(self) -> float:
        """What the located functions do not add up to."""
        return self.more_ns - sum(one.more_ns for one in self.located)

    def of(self, change: ProfileChange) -> tuple[Located, ...]:
        """Those with which this happened."""
        return tuple(one for one in self.located if one.change is change)


def difference(a: Sequence[ProfileResult], b: Sequence[ProfileResult]) -> ProfileDifference:
    """Compare profiles of two stacks under the same load, each from a boot of its own.

    Raises:
        ValueError: there are fewer than ``FEWEST_PROFILES`` on a side.
    """
    if min(len(a), len(b)) < FEWEST_PROFILES:
        raise ValueError(f"{len(a)} and {len(b)} profiles: {FEWEST_PROFILES} are needed on each side")
    own = [_own(result) for result in (*a, *b)]
    before, after = (float(np.mean([sum(one.values()) for one in side])) for side in (own[: len(a)], own[len(a) :]))
    floor = min(FLOOR_NS, FLOOR_SHARE * max(before, after))
    names = sorted({name for one in own for name in one})
    times = np.array([[one.get(name, 0.0) for name in names] for one in own], dtype=float).reshape(len(own), len(names))
    means = np.array([times[: len(a)].mean(axis=0), times[len(a) :].mean(axis=0)])
    tested = np.flatnonzero(means.max(axis=0) >= floor)
    significant = tested[_located(times[:, tested], len(a))]
    found = (_change(names[index], *map(float, means[:, index])) for index in significant)
    return ProfileDifference(
        before_ns=before,
        after_ns=after,
        profiles=(len(a), len(b)),
        located=tuple(sorted(found, key=lambda one: (-abs(one.more_ns), one.function))),
        tested=len(tested),
    )


def _own(result: ProfileResult) -> dict[str, float]:
    """Time by function, without what it calls; in the kernel, by who called it."""
    return added_up(
        (f"{KERNEL}, from {stack[-2]}" if stack[-1] == KERNEL and len(stack) > 1 else stack[-1], time)
        for stack, time in result.stacks.items()
    )


def _change(function: str, before_ns: float, after_ns: float) -> Located:
    if before_ns < GONE * after_ns:
        change = ProfileChange.APPEARED
    elif after_ns < GONE * before_ns:
        change = ProfileChange.VANISHED
    else:
        change = ProfileChange.GROWN if after_ns > before_ns else ProfileChange.SHRUNK
    return Located(function=function, change=change, before_ns=before_ns, after_ns=after_ns)


def _located(times: NDArray[np.float64], first: int) -> NDArray[np.intp]:
    """The columns that differ between the first rows and the others, with few false ones among them.

    How often a difference arises by exchange is counted over all columns together: the exchanges of a few profiles
    are too few to tell for one column alone.
    """
    if times.shape[1] == 0:
        return np.array([], dtype=np.intp)
    usual = float(np.median(_spread(times, first)))
    observed = np.abs(_score(times, np.arange(first), usual))
    chance = np.sort(np.concatenate([np.abs(_score(times, rows, usual)) for rows in _exchanges(len(times), first)]))
    at_least = len(chance) - np.searchsorted(chance, observed * (1 - 1e-9), side="left")
    p = at_least / len(chance)
    order = np.argsort(p, kind="stable")
    passes = np.flatnonzero(p[order] <= FALSE_AT_MOST * np.arange(1, len(p) + 1) / len(p))
    return order[: passes[-1] + 1] if len(passes) else np.array([], dtype=np.intp)


def _score(times: NDArray[np.float64], rows: NDArray[np.intp], usual: float) -> NDArray[np.float64]:
    """The difference of each column in terms of its spread, to which a usual one is added: small ones are chance."""
    side = np.zeros(len(times), dtype=bool)
    side[rows] = True
    ordered = np.concatenate([times[side], times[~side]])
    more = ordered[len(rows) :].mean(axis=0) - ordered[: len(rows)].mean(axis=0)
    scale = _spread(ordered, len(rows)) + usual
    score: NDArray[np.float64] = np.divide(more, scale, out=np.zeros_like(more), where=scale > 0)
    return score


def _spread(times: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    """The standard error of the difference of each column."""
    one, other = times[:first], times[first:]
    spread: NDArray[np.float64] = np.sqrt(one.var(axis=0, ddof=1) / len(one) + other.var(axis=0, ddof=1) / len(other))
    return spread


def _exchanges(count: int, first: int) -> Iterator[NDArray[np.intp]]:
    """Which profiles are on the first side: every possibility, or many of them, the same at each call."""
    every = comb(count, first)
    if every <= MOST_EXCHANGES:
        yield from map(np.array, combinations(range(count), first))
        return
    random = Random(0)  # noqa: S311 (no secret: a sample that is the same each time)
    yield from islice((np.array(random.sample(range(count), first)) for _ in range(every)), MOST_EXCHANGES)
