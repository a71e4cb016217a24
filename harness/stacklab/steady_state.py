"""Whether what is measured has settled: one rule, for the warm-up in the driver and for the window in the report.

A stretch of a run is cut into windows of equal length, and each gives one number: throughput in a closed loop, latency
elsewhere. The drift from the first window to the last is n - 1 times the slope of Theil (1950) and Sen (1968), the
median of the slopes of all pairs, which a quarter of the windows may spoil; around it is Sen's interval, which comes
from the test of Mann (1945) and Kendall and so cares for no distribution. Windows of one run follow each other and are
not independent, so such an interval is too narrow: a drift in a report is asked for with 99 %, and in most of the runs.

What has settled shows no drift, and little enough scatter that a drift would show: noise proves no plateau.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stacklab.model.traffic.load import Closed, Load
from stacklab.model.traffic.warmup import Plateau, WarmupEnd
from stacklab.units import Nanoseconds

FEWEST: Final = 8
"""Windows below which nothing is said of a drift."""

QUARTILE: Final = 0.25
"""Of the latencies in a window: what a request takes that waits for hardly anybody. Queues, which come and go by chance
in an open loop, move the median of a short window more than most warm-ups do."""


class Drift(NamedTuple):
    """How far a series moved from its first point to its last, over its median."""

    low: float
    middle: float
    high: float

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves out that nothing moved."""
        return self.low > 0 or self.high < 0


def is_throughput(load: Load) -> bool:
    """Whether it is throughput that has to settle; elsewhere a schedule or a think time sets it, and latency tells."""
    return isinstance(load, Closed) and not load.think_s


def levels(
    intended_ns: NDArray[Any],
    read_ns: NDArray[Any],
    load: Load,
    *,
    start_ns: Nanoseconds,
    end_ns: Nanoseconds,
    windows: int,
) -> tuple[float, ...]:
    """One number for each window, from the responses that were read in it; NaN for the latency of none.

    Throughput is that of one connection, the inverse of the mean latency (Little 1961): a count of responses would jump
    by one, or by all connections at once where they answer in step.
    """
    inside = (read_ns >= start_ns) & (read_ns < end_ns)
    took_ns = (read_ns - intended_ns)[inside].astype(np.float64)
    places = (read_ns[inside] - start_ns) * windows // (end_ns - start_ns)
    one_level = _throughput if is_throughput(load) else _latency
    return tuple(one_level(took_ns[places == place]) for place in range(windows))


def drift(values: Sequence[float], *, confidence: float) -> Drift | None:
    """The drift of a series with its interval; None where too few points, or a missing one, say nothing."""
    n = len(values)
    if n < FEWEST or not all(map(math.isfinite, values)):
        return None
    series = np.asarray(values, dtype=np.float64)
    middle = float(np.median(series))
    earlier, later = np.triu_indices(n, k=1)
    slopes = np.sort((series[later] - series[earlier]) / (later - earlier))
    # so many pairs may rise more than they fall if nothing moves (Kendall)
    by_chance = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    outside = math.floor((len(slopes) - by_chance) / 2) - 1
    if outside < 0 or middle <= 0:
        return None
    whole = (n - 1) / middle
    return Drift(
        low=float(slopes[outside]) * whole,
        middle=float(np.median(slopes)) * whole,
        high=float(slopes[-1 - outside]) * whole,
    )


def judge(values: Sequence[float], plateau: Plateau) -> WarmupEnd:
    """Say of a warm-up's windows what would be said of it if it ended now."""
    found = drift(values, confidence=plateau.confidence)
    if found is None:
        return WarmupEnd.UNCLEAR
    if found.is_certain and abs(found.middle) > plateau.drift:
        return WarmupEnd.DRIFTING
    in_sight = -plateau.in_sight <= found.low and found.high <= plateau.in_sight
    return WarmupEnd.PLATEAU if in_sight else WarmupEnd.UNCLEAR


def agreed(drifts: Sequence[float | None]) -> float | None:
    """The median drift of several runs, where more than half of them drifted the same way; else None."""
    for sign in (1, -1):
        same = sorted(found for found in drifts if found is not None and found * sign > 0)
        if 2 * len(same) > len(drifts):
            return same[len(same) // 2]
    return None


def _throughput(took_ns: NDArray[np.float64]) -> float:
    return len(took_ns) / float(took_ns.sum()) if len(took_ns) else 0.0


def _latency(took_ns: NDArray[np.float64]) -> float:
    return float(np.quantile(took_ns, QUARTILE)) if len(took_ns) else math.nan
