"""The steps of a load that changes within the measured window: the numbers of each, from the rows of one run.

A request belongs to the step in which it was meant to start, and a response to the one in which it was read. So the
latency of a step includes what a step before it left in the queue, and its throughput may exceed its offered rate.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate, pairwise

import numpy as np

from stacklab.analysis.run.columns import Window
from stacklab.analysis.run.part import PartNumbers, part
from stacklab.analysis.run.recovery import normal_again_s
from stacklab.columns import Columns
from stacklab.model.traffic.load import Load, Open


def steps(requests: Columns, window: Window, load: Load) -> tuple[PartNumbers, ...]:
    """The numbers of each step in turn; none where the load stays the same."""
    every, is_open = np.ones(len(requests["outcome"]), dtype=np.bool_), isinstance(load, Open)
    spans = tuple(windows(window, load))
    return tuple(
        replace(part(requests, every, span, is_open=is_open), normal_again_s=seconds)
        for span, seconds in zip(spans, normal_again_s(requests, spans, load), strict=True)
    )


def windows(window: Window, load: Load) -> Iterator[Window]:
    """The part of the measured window that belongs to each step."""
    if not load.steps:
        return
    shares = [step.share for step in load.steps]
    borders = [window.start_ns + round(window.length_ns * end / sum(shares)) for end in accumulate(shares, initial=0.0)]
    for start_ns, end_ns in pairwise(borders):
        yield Window(start_ns, end_ns)
