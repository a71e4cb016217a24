"""The effect of several sessions on one claim: a random-effects mean, judged by the rule of the claim itself.

Rule 1: sessions differ by more than the rounds within them show, so what is pooled are the sessions' estimates, each
    with its own variance and that between sessions (DerSimonian & Laird 1986).
Rule 2: the interval is that of Hartung & Knapp (2001), Student's t with as many degrees of freedom as sessions less
    one, and is never narrower than the variances of the sessions say (Röver, Knapp & Friede 2015).
Rule 3: ratios are pooled as logarithms; means and slopes as they are.
Rule 4: a session whose reading was withdrawn takes no part. Why it was is asked of the machine, not of the number.
Rule 5: the noise floor takes no part either: what two identical arms differ by is in how sessions differ.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from scipy.special import stdtrit

from stacklab.analysis.claims.contrast import Span, judge
from stacklab.analysis.claims.law import judge_slope
from stacklab.analysis.claims.level import judge_within
from stacklab.analysis.rounds.differences import ALPHA
from stacklab.model.claims.decision import Contrast, Law, Simple, Within
from stacklab.model.claims.finding import ClaimVerdict, Reading
from stacklab.model.measured.verdict import Estimate

FEWEST_SESSIONS: Final = 3
"""Two have one degree of freedom, and an interval that decides nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pooled:
    """An effect over sessions."""

    found: Estimate
    """A ratio, a mean or a slope; ``n`` sessions."""
    between: float
    """The share of the variance of the sessions' estimates that lies between sessions: I squared (Higgins &
    Thompson 2002)."""
    verdict: ClaimVerdict


class Effect(NamedTuple):
    """What one session found."""

    value: float
    variance: float


class Mean(NamedTuple):
    """What several have found together."""

    value: float
    error: float
    sessions: int
    between: float

    def interval(self, alpha: float = ALPHA) -> tuple[float, float]:
        """Of the mean."""
        half = float(stdtrit(self.sessions - 1, 1 - alpha / 2)) * self.error
        return self.value - half, self.value + half


_Scale: TypeAlias = Callable[[float], float]


def pool(decision: Simple, readings: Sequence[Reading], *, questions: int = 1) -> Pooled | None:
    """What the sessions say together; None where the decision has no number to pool, or too few sessions have one."""
    if not isinstance(decision, Contrast | Within) and not (isinstance(decision, Law) and decision.slope is not None):
        return None
    ratio = isinstance(decision, Contrast)
    scale, back = (math.log, math.exp) if ratio else (_same, _same)
    effects = [own for one in readings if one.withdrawn is None and (own := _effect(one.found, scale)) is not None]
    if len(effects) < FEWEST_SESSIONS:
        return None
    mean = random_effects(effects)
    low, high = mean.interval()
    found = Estimate(value=back(mean.value), low=back(low), high=back(high), n=mean.sessions)
    if isinstance(decision, Contrast):
        verdict, _ = judge(decision, Span(low, high), Span(*mean.interval(ALPHA / questions)), beyond_floor=True)
    elif isinstance(decision, Within):
        verdict, _ = judge_within(decision, found)
    else:
        verdict = judge_slope(found, decision.slope or (0.0, 0.0))
    return Pooled(found=found, between=mean.between, verdict=verdict)


def random_effects(effects: Sequence[Effect]) -> Mean:
    """Rules 1 and 2. Two effects or more."""
    k = len(effects)
    smallest = max(max(one.variance for one in effects) * 1e-6, 1e-18)  # an exact value must not be the only one
    variances = [max(one.variance, smallest) for one in effects]
    weights = [1 / variance for variance in variances]
    fixed = _weighted([one.value for one in effects], weights)
    q = sum(weight * (one.value - fixed) ** 2 for weight, one in zip(weights, effects, strict=True))
    scale = sum(weights) - sum(weight**2 for weight in weights) / sum(weights)
    between = max(0.0, (q - (k - 1)) / scale)
    weights = [1 / (variance + between) for variance in variances]
    value = _weighted([one.value for one in effects], weights)
    scatter = sum(weight * (one.value - value) ** 2 for weight, one in zip(weights, effects, strict=True)) / (k - 1)
    return Mean(
        value=value,
        error=math.sqrt(max(1.0, scatter) / sum(weights)),
        sessions=k,
        between=max(0.0, (q - (k - 1)) / q) if q else 0.0,
    )


def _effect(found: Estimate | None, scale: _Scale) -> Effect | None:
    """The estimate of a session and its variance, from the 95 % interval over its rounds."""
    if found is None or found.low is None or found.high is None or found.n < 2:
        return None
    if scale is math.log and not found.low > 0:
        return None
    half = (scale(found.high) - scale(found.low)) / 2
    return Effect(value=scale(found.value), variance=(half / float(stdtrit(found.n - 1, 1 - ALPHA / 2))) ** 2)


def _weighted(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)


def _same(value: float) -> float:
    return value
