"""Quantiles as order statistics of raw rows, and how many rows a quantile needs before it may be quoted.

Definition: the q-quantile of n values is the ceil(n q)-th smallest, the inverse of the empirical distribution function
(Hyndman & Fan 1996, "Sample Quantiles in Statistical Packages", definition 1). It is a latency that a request really
had, never one interpolated between two; HdrHistogram uses the same.

Enough requests: the order-statistic interval of one run, ranks n q ± 1.96 sqrt(n q (1 - q)), ends inside the
sample where n (1 - q) is at least 1.96² q, so from 4 requests beyond the quantile on; from 100 on it is within a fifth
of the tail. A quantile is quoted from 4 on, because its interval comes from fresh rounds and shows their scatter as it
is; below 100 a caveat says how many there were.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from stacklab.columns import Column

QUANTILES: Final[Mapping[str, float]] = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
"""The quantiles of latency that are quoted, where there are enough requests beyond them."""

BEYOND_TO_QUOTE: Final = 4
"""Requests expected beyond a quantile in every run, or it is not quoted."""

BEYOND_TO_TRUST: Final = 100
"""Requests expected beyond a quantile in a run whose number alone may be trusted."""

_POINTS_PER_DECADE: Final = 20


def beyond(n: int, q: float) -> float:
    """The number of n requests that are expected on the thinner side of the q-quantile."""
    # Rounded, because 100 * (1 - 0.9) is 9.999999999999998 in binary.
    return round(n * min(q, 1 - q), 6)


def enough(n: int, q: float) -> bool:
    """Whether the q-quantile of n requests may be quoted."""
    return beyond(n, q) >= BEYOND_TO_QUOTE


def needed(q: float, *, beyond: int = BEYOND_TO_QUOTE) -> int:
    """The number of requests that a run needs for a given number beyond its q-quantile."""
    return math.ceil(round(beyond / min(q, 1 - q), 6))


def rank(n: int, q: float) -> int:
    """The rank of the q-quantile among n values in ascending order, counted from 1."""
    return max(1, math.ceil(round(n * q, 6)))


def quantile(ordered: Column, q: float) -> float:
    """The q-quantile of values in ascending order; there must be at least one."""
    return float(ordered[rank(len(ordered), q) - 1])


def curve(ordered: Column, *, known: int) -> tuple[tuple[float, float], ...]:
    """Points (q, value) of the distribution, evenly spread over log 1/(1 - q), each rank once.

    Only the first ``known`` of the ascending values are shown: what comes after them is no latency but a loss.
    """
    n = len(ordered)
    if not known:
        return ()
    steps = 1 + math.ceil(_POINTS_PER_DECADE * math.log10(n))
    shares = 1 - np.power(10.0, -np.arange(steps) / _POINTS_PER_DECADE)
    ranks = np.unique(np.clip(np.ceil(np.round(n * shares, 6)), 1, known).astype(np.int64))
    return tuple((float(place / n), float(ordered[place - 1])) for place in ranks)
