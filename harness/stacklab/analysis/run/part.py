"""A part of one run, such as a step of its load or one of its routes: the numbers of the requests that belong to it."""

from dataclasses import dataclass

import numpy as np

from stacklab.analysis.run.columns import Window
from stacklab.analysis.run.latency import Quantiles, ranked
from stacklab.columns import Columns, Mask
from stacklab.model.measured.record import Outcome, Phase
from stacklab.units import Seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class PartNumbers:
    """The requests of a part, and their responses. Rates are per second."""

    intended: int
    """Requests whose intended start lies in the part."""
    errors: int
    """Those of them that failed."""
    offered_rps: float | None
    """Intended starts; None for a closed loop, which has no schedule."""
    throughput_rps: float
    """Correct responses that were read in its time."""
    latency: Quantiles
    """From the intended start until the response was read."""
    normal_again_s: Seconds | None = None
    """Of a step after a higher one: until latency is what it was in the first step (``analysis.run.recovery``)."""


def part(requests: Columns, own: Mask, span: Window, *, is_open: bool) -> PartNumbers:
    """The numbers of the rows that ``own`` names, in a span of the measured window."""
    correct = requests["outcome"] == Outcome.OK
    meant = own & (requests["phase"] == Phase.MEASURE) & span.holds(requests["intended_ns"])
    intended = int(np.count_nonzero(meant))
    return PartNumbers(
        intended=intended,
        errors=int(np.count_nonzero(meant & ~correct)),
        offered_rps=_rate(intended, span.length_s) if is_open else None,
        throughput_rps=_rate(int(np.count_nonzero(own & correct & span.holds(requests["read_ns"]))), span.length_s),
        latency=ranked((requests["read_ns"] - requests["intended_ns"])[meant], ~correct[meant]).quoted(),
    )


def _rate(count: int, seconds: Seconds) -> float:
    return count / seconds if seconds else 0.0
