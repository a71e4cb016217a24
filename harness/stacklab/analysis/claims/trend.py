"""Whether a metric rises, or falls, along a level: Spearman's rank correlation, round by round."""

from collections.abc import Mapping, Sequence
from statistics import StatisticsError, correlation
from typing import Final

import numpy as np

from stacklab.analysis.claims.level import margin, of_rounds
from stacklab.analysis.claims.observed import ByRound, Key, Observed, complete, places
from stacklab.model.claims.decision import Trend
from stacklab.model.claims.finding import ClaimVerdict, GridPoint, Reading
from stacklab.model.measured.verdict import Estimate

FEWEST_LEVELS: Final = 4
"""Three levels are in order by chance in one round of six."""


def read_trend(trend: Trend, observed: Observed) -> Reading:
    """Decide whether the ranks of the values follow those of the levels."""
    grid = {
        place: values
        for place, values in places(observed.arms.get(trend.arm, {}), trend.metric, trend.at).items()
        if isinstance(dict(place).get(trend.along), int | float)
    }
    found = of_rounds(_correlations(grid, trend))
    return Reading(
        kind=trend.kind,
        verdict=_judge(found, trend.at_least),
        what=f"rank correlation of {trend.metric} with {trend.along}",
        found=found,
        sees=margin(found),
        why="" if found else f"A trend takes {FEWEST_LEVELS} levels whose values are not all equal.",
        places=tuple(
            GridPoint(at=dict(place), found=one) for place, values in grid.items() if (one := of_rounds(values))
        ),
    )


def _correlations(grid: Mapping[Key, ByRound], trend: Trend) -> ByRound:
    """Of every round that has all grid points; positive where the values go the way that is claimed."""
    levels = [float(dict(place)[trend.along]) for place in grid]
    if len(set(levels)) < FEWEST_LEVELS:
        return {}
    sign = 1 if trend.rises else -1
    found: dict[int, float] = {}
    for number in complete(grid.values()):
        try:
            found[number] = correlation(_ranks(levels), _ranks([sign * grid[place][number] for place in grid]))
        except StatisticsError:  # all values are equal
            found[number] = 0.0
    return found


def _ranks(values: Sequence[float]) -> list[float]:
    """From the smallest on; equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: list[float] = (ends - (counts - 1) / 2)[inverse].tolist()
    return ranks


def _judge(found: Estimate | None, at_least: float) -> ClaimVerdict:
    if found is None or found.low is None or found.high is None:
        return ClaimVerdict.INCONCLUSIVE
    if found.low >= at_least:
        return ClaimVerdict.REPRODUCED
    if found.high <= -at_least:
        return ClaimVerdict.REVERSED
    return ClaimVerdict.NOT_REPRODUCED if found.high < at_least else ClaimVerdict.INCONCLUSIVE
