"""Latencies as an HdrHistogram, the format other tools read and merge; made from the raw rows of one run.

Values are whole microseconds with three significant digits, up to an hour. A request without a correct response has no
latency: it is counted at that top value, so that a quantile among the losses shows as what it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from hdrh.histogram import HdrHistogram

from stacklab.columns import Columns
from stacklab.model.measured.record import Outcome, Phase
from stacklab.units import NS_PER_US

DIGITS: Final = 3
LOWEST_US: Final = 1
TOP_US: Final = 3_600_000_000
"""An hour: no timeout is that long."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """The measured requests of one run."""

    latency_us: HdrHistogram
    losses: Mapping[str, int]
    """Requests counted at ``TOP_US``, by outcome; only those that occurred."""


def histogram(requests: Columns) -> Histogram:
    """Latency counts from the intended start until the response was read, rounded to whole microseconds."""
    measured = requests["phase"] == Phase.MEASURE
    outcome = requests["outcome"][measured]
    lasted_ns = (requests["read_ns"] - requests["intended_ns"])[measured]
    latency_us = np.where(outcome == Outcome.OK, np.minimum((lasted_ns + NS_PER_US // 2) // NS_PER_US, TOP_US), TOP_US)
    recorded = HdrHistogram(LOWEST_US, TOP_US, DIGITS)
    # A value at a time would take two seconds for a million requests; most share their microsecond with others.
    for value, count in zip(*(column.tolist() for column in np.unique_counts(latency_us)), strict=True):
        recorded.record_value(value, count)
    counts = np.bincount(outcome, minlength=len(Outcome))
    losses = {kind.name.lower(): int(counts[kind]) for kind in Outcome if kind is not Outcome.OK and counts[kind]}
    return Histogram(recorded, losses)
