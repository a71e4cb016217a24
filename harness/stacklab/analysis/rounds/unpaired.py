"""Candidate against baseline where no round has both: two sessions, each with rounds of its own.

The difference of the mean logarithms, with Welch's interval (1947), which does not take the two to scatter alike. What
the machine did differently between the sessions is part of that difference and cannot be taken out; comparing within a
session can (``analysis.rounds.paired``). The verdict follows the same rule.
"""

import math
from collections.abc import Sequence
from statistics import fmean, variance

from scipy.special import stdtr, stdtrit

from stacklab.analysis.rounds.paired import ALPHA, POWER, Located, judge
from stacklab.model.verdict import Comparison, Verdict


def compare_unpaired(
    candidate: Sequence[float],
    baseline: Sequence[float],
    *,
    more_is_better: bool,
    floor: float | None = None,
    alpha: float = ALPHA,
) -> Comparison:
    """Compare the values of all rounds. Values that are not above zero are left out; ``n`` is the smaller number.

    ``floor`` is the higher noise floor of the two sessions for this metric, as a relative difference.
    """
    logs, base = (tuple(math.log(value) for value in values if value > 0) for values in (candidate, baseline))
    n = min(len(logs), len(base))
    if n < 2:
        ratio = math.exp(fmean(logs) - fmean(base)) if n else None
        return Comparison(ratio=ratio, low=None, high=None, n=n, p=1.0, verdict=Verdict.CANNOT_SAY, sees=None)
    centre, parts = fmean(logs) - fmean(base), (variance(logs) / len(logs), variance(base) / len(base))
    error = math.sqrt(sum(parts))
    freedom = _freedom(parts, (len(logs), len(base)))
    half = float(stdtrit(freedom, 1 - alpha / 2)) * error
    p = 2 * float(stdtr(freedom, -abs(centre) / error)) if error else float(not centre)
    where = Located(centre - half, centre + half, p)
    seen = half + float(stdtrit(freedom, POWER)) * error
    return Comparison(
        ratio=math.exp(centre),
        low=math.exp(where.low),
        high=math.exp(where.high),
        n=n,
        p=p,
        verdict=judge(centre, where, more_is_better=more_is_better, floor=floor),
        sees=max(math.expm1(seen), floor or 0.0),
    )


def _freedom(parts: tuple[float, float], rounds: tuple[int, int]) -> float:
    """Degrees of freedom after Welch and Satterthwaite."""
    if not sum(parts):
        return sum(rounds) - 2
    return sum(parts) ** 2 / sum(part**2 / (n - 1) for part, n in zip(parts, rounds, strict=True))
