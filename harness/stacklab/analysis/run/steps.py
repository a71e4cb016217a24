"""The steps of a load that changes within the measured window: the numbers of each, from the rows of one run.

A request belongs to the step in which it was meant to start, and a response to the one in which it was read. So the
latency of a step includes what a step before it left in the queue, and its throughput may exceed its offered rate.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from stacklab.analysis.run.columns import Window
from stacklab.analysis.run.latency import Quantiles, ranked
from stacklab.columns import Columns
from stacklab.model.record import Outcome, Phase
from stacklab.model.traffic.load import Load, Open


@dataclass(frozen=True, kw_only=True, slots=True)
class StepNumbers:
    """One step of one run. Rates are per second."""

    intended: int
    """Requests whose intended start lies in the step."""
    errors: int
    """Those of them that failed."""
    offered_rps: float | None
    """Intended starts; None for a closed loop, which has no schedule."""
    throughput_rps: float
    """Correct responses that were read."""
    latency: Quantiles
    """From the intended start until the response was read."""


def steps(requests: Columns, window: Window, load: Load) -> tuple[StepNumbers, ...]:
    """The numbers of each step in turn; none where the load stays the same."""
    correct = requests["outcome"] == Outcome.OK
    measured = requests["phase"] == Phase.MEASURE
    latency_ns = requests["read_ns"] - requests["intended_ns"]
    found = []
    for span in windows(window, load):
        own = measured & span.holds(requests["intended_ns"])
        intended = int(np.count_nonzero(own))
        read = int(np.count_nonzero(correct & span.holds(requests["read_ns"])))
        found.append(
            StepNumbers(
                intended=intended,
                errors=int(np.count_nonzero(own & ~correct)),
                offered_rps=intended / span.length_s if isinstance(load, Open) else None,
                throughput_rps=read / span.length_s,
                latency=ranked(latency_ns[own], ~correct[own]).quoted(),
            )
        )
    return tuple(found)


def windows(window: Window, load: Load) -> Iterator[Window]:
    """The part of the measured window that belongs to each step."""
    if not load.steps:
        return
    shares = [step.share for step in load.steps]
    borders = [window.start_ns + round(window.length_ns * end / sum(shares)) for end in accumulate(shares, initial=0.0)]
    for start_ns, end_ns in pairwise(borders):
        yield Window(start_ns, end_ns)
