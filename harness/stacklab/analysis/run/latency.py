"""Latencies: the measured rows of one run, ranked with their losses, quoted and sliced.

Rule 1: the denominator is the intended requests. One that was shed, reset, refused, timed out, censored or had an
    incorrect response has no latency; it ranks behind every request that has one, as if it took for ever
    (losses = +infinity).
Rule 2: a quantile that falls among the losses is "at least" the known value: the largest latency of the run, or the
    time after which the request at that place was given up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from stacklab.analysis.run.columns import Window
from stacklab.analysis.run.quantiles import QUANTILES, enough, quantile, rank
from stacklab.columns import Column, Mask
from stacklab.units import NS_PER_MS, NS_PER_S

_MOST_SLICES: Final = 40
_FEWEST_IN_A_SLICE: Final = 50
"""Below that a slice's P99 is its largest value and nothing else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantile:
    """One quantile of one run."""

    ms: float
    at_least: bool = False
    """The quantile falls among the losses: it is this or more."""


Quantiles: TypeAlias = Mapping[str, Quantile | None]
"""By the names of ``QUANTILES``; None where too few requests lie beyond it."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Durations in ns, smallest first, with the last ``lost`` of them being losses: lower bounds."""

    ordered_ns: Column
    lost: int

    @property
    def known(self) -> int:
        """The number of durations that are latencies."""
        return len(self.ordered_ns) - self.lost

    def at(self, q: float) -> Quantile | None:
        """The q-quantile, or None where there are not enough requests for it."""
        n = len(self.ordered_ns)
        if not enough(n, q):
            return None
        return Quantile(ms=quantile(self.ordered_ns, q) / NS_PER_MS, at_least=rank(n, q) > self.known)

    def quoted(self) -> Quantiles:
        """All quantiles that are quoted."""
        return {name: self.at(q) for name, q in QUANTILES.items()}


def with_losses(durations_ns: Column, lost: Mask) -> Column:
    """Durations in which every loss is at least as long as the longest latency.

    A loss's own duration is the time after which it was given up.
    """
    if not lost.any():
        return durations_ns
    largest = durations_ns[~lost].max(initial=0)
    return np.where(lost, np.maximum(durations_ns, largest), durations_ns)


def ranked(durations_ns: Column, lost: Mask) -> Ranked:
    """Put durations in order, losses last."""
    return Ranked(np.sort(with_losses(durations_ns, lost)), int(np.count_nonzero(lost)))


def timeline(intended_ns: Column, latency_ns: Column, window: Window) -> tuple[tuple[float, float, float], ...]:
    """(seconds since the window began, median ms, P99 ms) of equal slices; rows in the order of their intended start.

    Empty slices are left out. There are as many as leave enough requests in each, and never more than a reader can see.
    """
    slices = int(np.clip(len(intended_ns) // _FEWEST_IN_A_SLICE, 1, _MOST_SLICES))
    edges = window.start_ns + np.arange(slices + 1) * (window.length_ns / slices)
    cuts = np.searchsorted(intended_ns, edges)
    points: list[tuple[float, float, float]] = []
    for begin, end, edge in zip(cuts[:-1], cuts[1:], edges[:-1], strict=True):
        if end > begin:
            ordered = np.sort(latency_ns[begin:end])
            since_s = float(edge - window.start_ns) / NS_PER_S
            points.append((since_s, quantile(ordered, 0.5) / NS_PER_MS, quantile(ordered, 0.99) / NS_PER_MS))
    return tuple(points)
