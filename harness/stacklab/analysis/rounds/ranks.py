"""Ranks: which stacks are told apart, and hence the range of ranks of each.

Rule 1: two stacks are told apart where their difference is certain *and* exceeds the session's noise floor.
Rule 2: certain means certain after Holm's correction (1979) over the whole family of comparisons in a session:
    every pair of stacks, under every scenario, by every metric that is ranked. So in at most one session of twenty is
    any pair of identical stacks told apart, as far as the scatter is known (rule 3).
Rule 3: the scatter of a pair's rounds is taken to be no smaller than that of all stacks of its scenario together, less
    what they have in common in a round (the residual of a randomised complete block design: Fisher 1935). Three rounds
    of one pair have two degrees of freedom, and a corrected test makes nothing of them; three rounds of ten stacks have
    18. A pair that certainly scatters more than all others together (F test) has its own scatter, and its own degrees
    of freedom. Simulated: with one of five stacks ten times as noisy as the rest, 6 % of sessions of three rounds told
    identical stacks apart; had it been judged by the scatter of all, 13 %. That is of one scenario and metric. Of four,
    12 % did with one stack five times as noisy and 15 % with one ten times, but of sessions of five rounds 7 and 5 %:
    where all three rounds of a noisy stack happen to agree, nothing in them tells that it is noisy.
Rule 4: not being told apart is not equality, and it is not transitive: a noisy stack may not be told apart from either
    of two stacks that are told apart from each other. So a stack has a range of ranks, from one more than are certainly
    better to as many as are not certainly worse, and by rule 2 all true ranks lie in their ranges in at least 19 of 20
    sessions (Mogstad, Romano, Shaikh & Wilhelm 2024, Inference for Ranks, Review of Economic Studies 91). Simulated,
    with five stacks that scatter alike and differ or not, and 3, 5 or 10 rounds: in 98.7 % or more.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, variance
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from scipy.special import fdtrc, stdtr

from stacklab.analysis.rounds.paired import ALPHA, hodges_lehmann, log_ratios
from stacklab.model.verdict import Rank

NOISIER: Final = 0.05
"""Chance of taking a pair that is as noisy as the others for a noisier one."""

ValuesByRound: TypeAlias = Mapping[int, float]
"""Values of one metric of one stack, by round."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contest:
    """One scenario and one metric, with the values to compare."""

    scenario: str
    metric: str
    more_is_better: bool
    values: Mapping[str, ValuesByRound]
    """By the name of the stack."""
    bounds: frozenset[str] = frozenset()
    """Stacks whose values are only lower bounds."""
    extra: tuple[ValuesByRound, ...] = ()
    """Values of the twin: not ranked, but part of the scatter."""
    floor: float = 0.0
    """The session's noise floor in this metric, as a relative difference."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two stacks of one contest, the better one first."""

    contest: Contest
    better: str
    worse: str
    difference: float
    """Difference of logarithms, never negative."""
    p: float

    @property
    def counts(self) -> bool:
        """Whether the difference exceeds the floor, and could not turn round where values are lower bounds."""
        bounded = self.contest.bounds
        unsure = self.worse in bounded if self.contest.more_is_better else self.better in bounded
        return self.difference > math.log1p(self.contest.floor) and not unsure


def ranked(contests: Sequence[Contest], *, alpha: float = ALPHA) -> tuple[tuple[Rank, ...], ...]:
    """For each contest its stacks in the order of their values, best first; a stack without two rounds has no rank."""
    pairs = [pair for contest in contests for pair in _pairs(contest)]
    certain = holm([pair.p for pair in pairs], alpha)
    apart = [pair for pair, rejected in zip(pairs, certain, strict=True) if rejected and pair.counts]
    return tuple(_ranked(contest, [pair for pair in apart if pair.contest is contest]) for contest in contests)


def _ranked(contest: Contest, apart: Sequence[_Pair]) -> tuple[Rank, ...]:
    order = _in_order(contest)
    better, worse = Counter(pair.worse for pair in apart), Counter(pair.better for pair in apart)
    return tuple(Rank(stack=name, first=1 + better[name], last=len(order) - worse[name]) for name in order)


def _in_order(contest: Contest) -> list[str]:
    """Stacks with two rounds or more, best first."""
    means = {name: fmean(rounds.values()) for name, rounds in contest.values.items() if len(rounds) > 1}
    return sorted(means, key=lambda name: (-means[name] if contest.more_is_better else means[name], name))


def _pairs(contest: Contest) -> Iterator[_Pair]:
    names = _in_order(contest)
    rounds = {name: contest.values[name] for name in names}
    common = _scatter([*rounds.values(), *contest.extra])
    for one, other in combinations(names, 2):
        ratios = log_ratios(rounds[one], rounds[other])
        if len(ratios) < 2:
            continue
        rest = _scatter([*(rounds[name] for name in names if name not in {one, other}), *contest.extra])
        centre = hodges_lehmann(ratios)
        better, worse = (one, other) if (centre > 0) == contest.more_is_better else (other, one)
        yield _Pair(contest, better, worse, abs(centre), _p_value(ratios, common=common, rest=rest))


class _Scatter(NamedTuple):
    """A variance of logarithms, and its degrees of freedom."""

    variance: float
    freedom: int


def _p_value(ratios: Sequence[float], *, common: _Scatter, rest: _Scatter) -> float:
    """Two-sided, by Student's t, with the scatter of all stacks in common or that of the pair.

    A ratio scatters by the variance of two.
    """
    n, mean = len(ratios), abs(fmean(ratios))
    own = _Scatter(variance(ratios), n - 1)
    noisier = (
        rest.variance > 0 and float(fdtrc(own.freedom, rest.freedom, own.variance / (2 * rest.variance))) < NOISIER
    )
    used = own if noisier or not common.freedom else _Scatter(max(own.variance, 2 * common.variance), common.freedom)
    if not used.variance:
        return 0.0 if mean else 1.0
    return 2 * float(stdtr(used.freedom, -mean / math.sqrt(used.variance / n)))


def _scatter(stacks: Sequence[ValuesByRound]) -> _Scatter:
    """The residuals of the logarithms, after the effects of stack and round.

    By least squares, because rounds of a stack may be missing.
    """
    points = [
        (place, number, math.log(value))
        for place, rounds in enumerate(stacks)
        for number, value in rounds.items()
        if value > 0
    ]
    numbers = sorted({number for _, number, _ in points})
    design = np.zeros((len(points), len(stacks) + len(numbers)))
    for row, (place, number, _) in enumerate(points):
        design[row, place] = design[row, len(stacks) + numbers.index(number)] = 1
    logs = np.array([value for _, _, value in points])
    fitted, _, rank, _ = np.linalg.lstsq(design, logs, rcond=None)
    freedom = len(points) - int(rank)
    if freedom < 1:
        return _Scatter(0.0, 0)
    return _Scatter(float(np.square(logs - design @ fitted).sum()) / freedom, freedom)


def holm(p_values: Sequence[float], alpha: float) -> list[bool]:
    """Which hypotheses are rejected when the chance of rejecting any true one is to stay below alpha (Holm 1979)."""
    rejected = [False] * len(p_values)
    for done, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[place] > alpha / (len(p_values) - done):
            break
        rejected[place] = True
    return rejected
