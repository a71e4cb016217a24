"""Candidate against baseline: does the whole interval of the ratio lie where the claim says?

The statistic of a round is the logarithm of the ratio, its interval that of ``claims.paired``. Such an interval
calls two identical arms different in one session of twenty, and more often where few rounds happen to lie close
together; so if an arm was measured twice, an effect counts only if it also exceeds the difference between the two.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

from stacklab.analysis.claims.observed import ByRound, Key, Observed, geometric, ratios
from stacklab.analysis.claims.paired import PairedRatio, paired
from stacklab.analysis.rounds.differences import ALPHA
from stacklab.analysis.rounds.noise_floor import noise_floor
from stacklab.model.claims.decision import Contrast
from stacklab.model.claims.finding import ClaimVerdict, GridPoint, Reading
from stacklab.model.measured.verdict import Estimate


class Span(NamedTuple):
    """An interval of logarithms."""

    low: float
    high: float

    def holds(self, other: "Span") -> bool:
        """Whether it contains the other."""
        return self.low <= other.low and other.high <= self.high

    @property
    def flipped(self) -> "Span":
        """The interval as seen from the other arm."""
        return Span(-self.high, -self.low)


def read_contrast(contrast: Contrast, observed: Observed, *, twin_of: str | None, questions: int) -> Reading:
    """Decide one contrast. ``questions``: how many such decisions the claim hangs on.

    That all of them hold is certain enough where each is (intersection-union test: Berger 1982). That one of them does
    not is likelier by chance the more there are, so for the other verdicts the interval is that of one among them.
    """
    grid = ratios(
        observed.arms.get(contrast.candidate, {}),
        observed.arms.get(contrast.baseline, {}),
        contrast.metric,
        contrast.at,
    )
    values = geometric(grid)
    found, floor = _compare(values), _floor(contrast, observed, twin_of)
    verdict, why = judge(
        contrast,
        span(found),
        span(_compare(values, alpha=ALPHA / questions)),
        beyond_floor=found.ratio is not None and abs(math.log(found.ratio)) > math.log1p(floor or 0.0),
    )
    return Reading(
        kind="contrast",
        verdict=verdict,
        what=f"{contrast.metric}, {contrast.candidate} over {contrast.baseline}",
        found=as_estimate(found),
        why=why,
        sees=_sees(contrast, found, floor),
        floor=floor,
        places=tuple(at_each(grid)),
    )


def judge(contrast: Contrast, found: Span, wider: Span, *, beyond_floor: bool) -> tuple[ClaimVerdict, str]:
    """The verdict on an interval of log ratios, and the reason where it needs one."""
    claimed = Span(_log(contrast.at_least, -math.inf), _log(contrast.at_most, math.inf))
    if not claimed.low > 0 and not claimed.high < 0:
        return _judge_sameness(claimed, found, wider)
    band, negligible = Span(*map(math.log, contrast.band)), contrast.negligible
    if claimed.high < 0:  # the smaller the better for the claim: seen from the baseline, it says "at least"
        claimed, band, found, wider = claimed.flipped, band.flipped, found.flipped, wider.flipped
        negligible = negligible and 1 / negligible
    rules = (
        (claimed.holds(found) and beyond_floor, ClaimVerdict.REPRODUCED, ""),
        (wider.high < band.low and beyond_floor, ClaimVerdict.REVERSED, ""),
        (band.holds(wider), ClaimVerdict.EQUIVALENT, ""),
        (wider.high < _log(negligible, band.high), ClaimVerdict.NOT_REPRODUCED, ""),
        (wider.low > claimed.high, ClaimVerdict.NOT_REPRODUCED, "The effect is larger than claimed."),
        (wider.low > 0 and wider.high < claimed.low and beyond_floor, ClaimVerdict.WEAKER, ""),
        (
            not beyond_floor,
            ClaimVerdict.INCONCLUSIVE,
            "The effect does not exceed the difference between two identical arms here.",
        ),
    )
    return next(((verdict, why) for holds, verdict, why in rules if holds), (ClaimVerdict.INCONCLUSIVE, ""))


def _judge_sameness(claimed: Span, found: Span, wider: Span) -> tuple[ClaimVerdict, str]:
    """The verdict on a claim that two arms do not differ, or not by more than a bound."""
    if claimed.holds(found):
        return ClaimVerdict.REPRODUCED, ""
    if wider.high < claimed.low or wider.low > claimed.high:
        return ClaimVerdict.NOT_REPRODUCED, "The arms differ by more than the claim allows."
    return ClaimVerdict.INCONCLUSIVE, ""


def at_each(grid: Mapping[Key, ByRound]) -> list[GridPoint]:
    """The ratio at each grid point, if there are several."""
    if len(grid) < 2:
        return []
    estimates = ((place, as_estimate(_compare(values))) for place, values in grid.items())
    return [GridPoint(at=dict(place), found=estimate) for place, estimate in estimates if estimate is not None]


def span(found: PairedRatio) -> Span:
    """The interval of the log ratio; unbounded if there is none."""
    if not found.low or found.high is None:
        return Span(-math.inf, math.inf)
    return Span(math.log(found.low), math.log(found.high))


def as_estimate(found: PairedRatio) -> Estimate | None:
    """The ratio with its interval."""
    if found.ratio is None:
        return None
    return Estimate(value=found.ratio, low=found.low, high=found.high, n=found.n)


def _compare(values: ByRound, *, alpha: float = ALPHA) -> PairedRatio:
    return paired(values, dict.fromkeys(values, 1.0), alpha=alpha)


def _floor(contrast: Contrast, observed: Observed, twin_of: str | None) -> float | None:
    """The difference between the arm and its twin, in this metric."""
    if twin_of is None or not observed.twin:
        return None
    apart = geometric(ratios(observed.twin, observed.arms.get(twin_of, {}), contrast.metric, contrast.at))
    return noise_floor(dict.fromkeys(apart, 1.0), apart)


def _sees(contrast: Contrast, found: PairedRatio, floor: float | None) -> float | None:
    """The smallest effect that four in five such sessions would have called reproduced.

    For a claim that two arms do not differ: the smallest effect that would have refuted it.
    """
    if found.sees is None:
        return None
    reach = 1 + max(found.sees, floor or 0.0)
    if contrast.at_least is not None and contrast.at_least > 1:
        return contrast.at_least * reach
    if contrast.at_most is not None and contrast.at_most < 1:
        return contrast.at_most / reach
    return (contrast.at_most or 1.0) * reach


def _log(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else math.log(value)
