"""Candidate against baseline on one metric: the ratio, its interval, and a verdict.

Rule 1: paired within the round. Both stacks of a round met the same schedule and nearly the same moment of the machine,
    so what drifts from round to round cancels (randomised multiple interleaved trials: Abedi & Brecht, ICPE 2017;
    Duet benchmarking, Bulej et al., ICPE 2020).
Rule 2: ratios, so logarithms: twice and half are equally far from equal.
Rule 3: a difference counts where it is certain *and* matters: the interval excludes equality and the estimate exceeds
    the noise floor. A tie takes evidence as well: the interval lies within the band of what does not matter
    (Schuirmann 1987, two one-sided tests). The rest is "cannot say", which is not a tie.

The estimate is that of Hodges & Lehmann (1963): the median of the means of all pairs of log ratios, which one disturbed
round hardly moves. Its interval comes from Wilcoxon's signed-rank distribution from 12 rounds on, and from Student's t
below. Simulated with a coefficient of variation of 4 % and 8 % of the runs slowed by 10 to 40 %, 40,000 sessions each,
the 95 % interval held the truth in (signed ranks / t) 97.0 / 97.5 % of them for 6 rounds, 95.0 / 97.2 % for 10,
95.8 / 97.0 % for 12 and 95.2 / 96.3 % for 20; at 10 both are as wide, at 12 signed ranks are narrower by a fifth, and
below 6 they have no 95 % interval at all. Without disturbances t has 95 % everywhere and is narrower below 12.
"""

import math
from collections.abc import Mapping
from statistics import fmean, stdev
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from stacklab.model.verdict import Comparison, Verdict

ALPHA: Final = 0.05
"""One minus the confidence of an interval."""

TIE_BAND: Final = 0.02
"""Relative difference that does not matter where the session has no noise floor, or a lower one: two stacks this close
are chosen between for other reasons."""

SIGNED_RANKS_FROM: Final = 12
"""Rounds from which on the interval comes from signed ranks."""

POWER: Final = 0.8
"""Share of sessions in which the smallest effect that could be seen is seen (Cohen's convention)."""

_DIGITS: Final = 12
"""Decimals of a logarithm; the rest is rounding. Half as much and twice as much must cancel."""


class Located(NamedTuple):
    """The interval of a ratio's logarithm."""

    low: float
    high: float
    p: float


def compare(
    candidate: Mapping[int, float],
    baseline: Mapping[int, float],
    *,
    more_is_better: bool,
    floor: float | None = None,
    alpha: float = ALPHA,
) -> Comparison:
    """Compare values by round. Rounds that only one side has, or in which a value is not above zero, are left out.

    ``floor`` is the session's noise floor for this metric, as a relative difference.
    """
    ratios = log_ratios(candidate, baseline)
    n = len(ratios)
    if n < 2:
        ratio = math.exp(ratios[0]) if n else None
        return Comparison(ratio=ratio, low=None, high=None, n=n, p=1.0, verdict=Verdict.CANNOT_SAY, sees=None)
    centre, where = hodges_lehmann(ratios), _locate(ratios, alpha)
    return Comparison(
        ratio=math.exp(centre),
        low=math.exp(where.low),
        high=math.exp(where.high),
        n=n,
        p=where.p,
        verdict=judge(centre, where, more_is_better=more_is_better, floor=floor),
        sees=max(math.expm1(_detectable(where, n, alpha)), floor or 0.0),
    )


def log_ratios(candidate: Mapping[int, float], baseline: Mapping[int, float]) -> tuple[float, ...]:
    """Logarithm of candidate over baseline in every round in which both have a value above zero."""
    return tuple(
        round(math.log(candidate[number] / baseline[number]), _DIGITS)
        for number in sorted(candidate.keys() & baseline.keys())
        if candidate[number] > 0 and baseline[number] > 0
    )


def hodges_lehmann(values: tuple[float, ...]) -> float:
    """The median of the means of all pairs, each value paired with itself as well."""
    return float(np.median(_walsh(values)))


def judge(centre: float, where: Located, *, more_is_better: bool, floor: float | None) -> Verdict:
    """Rule 3, on logarithms of the ratio."""
    excludes_equality = where.low > 0 or where.high < 0
    if excludes_equality and abs(centre) > math.log1p(floor or 0.0):
        return Verdict.FASTER if (centre > 0) == more_is_better else Verdict.SLOWER
    band = math.log1p(max(floor or 0.0, TIE_BAND))
    if excludes_equality or (where.low >= -band and where.high <= band):
        return Verdict.TIE
    return Verdict.CANNOT_SAY


def _locate(values: tuple[float, ...], alpha: float) -> Located:
    """By signed ranks where there are enough rounds for this alpha, else by Student's t."""
    n = len(values)
    if n >= SIGNED_RANKS_FROM:
        below = _signed_rank_distribution(n)
        outside = int(np.searchsorted(below, alpha / 2, side="right"))
        if outside:
            return _by_signed_ranks(_walsh(values), below, outside)
    return _by_t(values, alpha)


def _by_t(values: tuple[float, ...], alpha: float) -> Located:
    n, mean = len(values), fmean(values)
    error = stdev(values) / math.sqrt(n)
    half = float(stdtrit(n - 1, 1 - alpha / 2)) * error
    if not error:
        return Located(mean, mean, 0.0 if mean else 1.0)
    return Located(mean - half, mean + half, 2 * float(stdtr(n - 1, -abs(mean) / error)))


def _by_signed_ranks(walsh: NDArray[np.float64], below: NDArray[np.float64], outside: int) -> Located:
    """The interval reaches from the ``outside``-th smallest Walsh average to the ``outside``-th largest.

    The sum of the positive ranks is the number of positive Walsh averages, so test and interval always agree.
    """
    fewer = min(np.count_nonzero(walsh > 0), np.count_nonzero(walsh < 0)) + np.count_nonzero(walsh == 0) // 2
    p = min(2 * float(below[fewer]), 1.0)
    return Located(float(walsh[outside - 1]), float(walsh[-outside]), p)


def _signed_rank_distribution(n: int) -> NDArray[np.float64]:
    """P(T <= t) for t = 0 .. n(n+1)/2: each rank is added or not, with equal chance."""
    mass = np.ones(1)
    for rank in range(1, n + 1):
        mass = (np.pad(mass, (0, rank)) + np.pad(mass, (rank, 0))) / 2
    return np.cumsum(mass)


def _walsh(values: tuple[float, ...]) -> NDArray[np.float64]:
    """The means of all pairs, smallest first."""
    every = np.asarray(values)
    first, second = np.triu_indices(len(every))
    return np.sort(np.round((every[first] + every[second]) / 2, _DIGITS))


def _detectable(where: Located, n: int, alpha: float) -> float:
    """The smallest log ratio found with ``POWER``: half the interval, widened as Student's t has it."""
    widened = 1 + float(stdtrit(n - 1, POWER)) / float(stdtrit(n - 1, 1 - alpha / 2))
    return (where.high - where.low) / 2 * widened
