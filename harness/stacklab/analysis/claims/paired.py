"""The interval of a claim: candidate over baseline, a log ratio in every round.

Claims were written down with this interval, and their findings were decided by it, so it stays as it was when ranks and
comparisons went over to one rule (``analysis.rounds.differences``, decision 0015).

The estimate is that of Hodges & Lehmann. Its interval comes from Wilcoxon's signed-rank distribution from 12 rounds on,
and from Student's t below. Simulated with a coefficient of variation of 4 % and 8 % of the runs slowed by 10 to 40 %,
40,000 sessions each, the 95 % interval held the truth in (signed ranks / t) 97.0 / 97.5 % of them for 6 rounds,
95.0 / 97.2 % for 10, 95.8 / 97.0 % for 12 and 95.2 / 96.3 % for 20; at 10 both are as wide, at 12 signed ranks are
narrower by a fifth, and below 6 they have no 95 % interval at all.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from stacklab.analysis.rounds.differences import ALPHA, POWER, log_ratios
from stacklab.analysis.rounds.hodges_lehmann import hodges_lehmann, walsh

SIGNED_RANKS_FROM: Final = 12
"""Rounds from which on the interval comes from signed ranks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairedRatio:
    """Candidate over baseline on one metric, paired by round."""

    ratio: float | None
    """None where no round has both."""
    low: float | None
    """The interval of the ratio; None below two rounds."""
    high: float | None
    n: int
    """Rounds that have both."""
    p: float
    """How often two equal arms would differ so much or more by chance; 1.0 where that is not known."""
    sees: float | None
    """The relative difference that four of five such sessions would tell from none."""


class _Located(NamedTuple):
    """Where the logarithm of a ratio lies."""

    low: float
    high: float
    p: float


def paired(candidate: Mapping[int, float], baseline: Mapping[int, float], *, alpha: float = ALPHA) -> PairedRatio:
    """Compare values by round. Rounds that only one side has, or in which a value is not above zero, are left out."""
    ratios = log_ratios(candidate, baseline)
    n = len(ratios)
    if n < 2:
        ratio = math.exp(ratios[0]) if n else None
        return PairedRatio(ratio=ratio, low=None, high=None, n=n, p=1.0, sees=None)
    where = _locate(ratios, alpha)
    return PairedRatio(
        ratio=math.exp(hodges_lehmann(ratios)),
        low=math.exp(where.low),
        high=math.exp(where.high),
        n=n,
        p=where.p,
        sees=math.expm1(_detectable(where, n, alpha)),
    )


def _locate(values: tuple[float, ...], alpha: float) -> _Located:
    """By signed ranks where there are enough rounds for this alpha, else by Student's t."""
    n = len(values)
    if n >= SIGNED_RANKS_FROM:
        below = _signed_rank_distribution(n)
        outside = int(np.searchsorted(below, alpha / 2, side="right"))
        if outside:
            return _by_signed_ranks(walsh(values), below, outside)
    return _by_t(values, alpha)


def _by_t(values: tuple[float, ...], alpha: float) -> _Located:
    n, mean = len(values), fmean(values)
    error = stdev(values) / math.sqrt(n)
    half = float(stdtrit(n - 1, 1 - alpha / 2)) * error
    if not error:
        return _Located(mean, mean, 0.0 if mean else 1.0)
    return _Located(mean - half, mean + half, 2 * float(stdtr(n - 1, -abs(mean) / error)))


def _by_signed_ranks(walsh: NDArray[np.float64], below: NDArray[np.float64], outside: int) -> _Located:
    """The interval reaches from the ``outside``-th smallest Walsh average to the ``outside``-th largest.

    The sum of the positive ranks is the number of positive Walsh averages, so test and interval always agree.
    """
    fewer = min(np.count_nonzero(walsh > 0), np.count_nonzero(walsh < 0)) + np.count_nonzero(walsh == 0) // 2
    p = min(2 * float(below[fewer]), 1.0)
    return _Located(float(walsh[outside - 1]), float(walsh[-outside]), p)


def _signed_rank_distribution(n: int) -> NDArray[np.float64]:
    """P(T <= t) for t = 0 .. n(n+1)/2: each rank is added or not, with equal chance."""
    mass = np.ones(1)
    for rank in range(1, n + 1):
        mass = (np.pad(mass, (0, rank)) + np.pad(mass, (rank, 0))) / 2
    return np.cumsum(mass)


def _detectable(where: _Located, n: int, alpha: float) -> float:
    """The smallest log ratio found with ``POWER``: half the interval, widened as Student's t has it."""
    widened = 1 + float(stdtrit(n - 1, POWER)) / float(stdtrit(n - 1, 1 - alpha / 2))
    return (where.high - where.low) / 2 * widened
