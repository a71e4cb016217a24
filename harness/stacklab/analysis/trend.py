"""Whether a series has settled: a trend that is certain, and how far it goes.

Certain by the test of Mann (1945) and Kendall, which counts the pairs that rise against those that fall and so cares
for no distribution; its size by the slope of Theil (1950) and Sen (1968), the median of the slopes of all pairs, which
a quarter of the points may spoil. Points of one run follow each other and are not independent, which makes the test say
yes too often: so it is asked for one in a hundred, and of several runs more than half have to say the same.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.special import ndtr

ALPHA: Final = 0.01
"""Chance of a false alarm in one run whose points are independent."""

FEWEST: Final = 10
"""Points below which nothing is said of a trend."""


def drift(values: Sequence[float]) -> float | None:
    """How far a run drifted from its first point to its last, over its median; None where that is not certain."""
    n = len(values)
    if n < FEWEST:
        return None
    series = np.asarray(values, dtype=np.float64)
    earlier, later = np.triu_indices(n, k=1)
    steps = series[later] - series[earlier]
    score = float(np.sign(steps).sum())
    error = math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    # The one is taken off because the score moves in steps of two (continuity correction).
    if 2 * float(ndtr(-max(abs(score) - 1, 0.0) / error)) > ALPHA:
        return None
    middle = float(np.median(series))
    return float(np.median(steps / (later - earlier))) * (n - 1) / middle if middle else None


def agreed(drifts: Sequence[float | None]) -> float | None:
    """The median drift of several runs, where more than half of them drifted the same way; else None."""
    for sign in (1, -1):
        same = sorted(found for found in drifts if found is not None and found * sign > 0)
        if 2 * len(same) > len(drifts):
            return same[len(same) // 2]
    return None
