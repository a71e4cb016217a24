"""After an overload: how long it takes until latency is what it was before.

A second is normal if at most one in a hundred of the requests that were meant to start in it took longer than twice the
P99 of the first step, lost ones included. The time of recovery ends with the last second that is not.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from stacklab.analysis.run.columns import Window
from stacklab.columns import Column, Columns, Mask
from stacklab.model.measured.record import Outcome, Phase
from stacklab.model.traffic.load import Load
from stacklab.units import NS_PER_S, Seconds

NORMAL_TIMES: Final = 2.0
"""How many times the P99 before is still normal."""

BEYOND: Final = 0.01
"""Share of the requests of a second that may take longer."""

_ROUNDING_S: Final[Seconds] = 1e-6
"""Borders of steps are whole nanoseconds, and a step of 16 s may be shorter by one."""

FEWEST: Final = 100
"""Requests of the first step for a P99 that is worth its name."""


def normal_again_s(requests: Columns, spans: Sequence[Window], load: Load) -> tuple[Seconds | None, ...]:
    """For each step: seconds until it is normal again; ``inf`` if it never was, None where there was no overload."""
    if not spans:
        return ()
    took_ns = (requests["read_ns"] - requests["intended_ns"]).astype(float)
    took_ns[requests["outcome"] != Outcome.OK] = math.inf
    intended, measured = requests["intended_ns"], requests["phase"] == Phase.MEASURE
    before = took_ns[measured & spans[0].holds(intended)]
    if len(before) < FEWEST:
        return (None,) * len(spans)
    limit_ns = NORMAL_TIMES * float(np.quantile(before, 1 - BEYOND, method="higher"))
    found: list[Seconds | None] = [None]
    for place in range(1, len(spans)):
        step, last = load.steps[place], load.steps[place - 1]
        if not step.at < (last.at if last.to is None else last.to) or not math.isfinite(limit_ns):
            found.append(None)
            continue
        own = measured & spans[place].holds(intended)
        found.append(_until_normal(intended[own] - spans[place].start_ns, took_ns[own] > limit_ns, spans[place]))
    return tuple(found)


def _until_normal(since_ns: Column, late: Mask, span: Window) -> Seconds:
    seconds = (since_ns // NS_PER_S).astype(np.int64)
    every, beyond = np.bincount(seconds), np.bincount(seconds, weights=late)
    bad = np.flatnonzero(beyond > BEYOND * every)
    if not len(bad):
        return 0.0
    last = int(bad[-1]) + 1
    return math.inf if last >= math.ceil(span.length_s - _ROUNDING_S) else float(last)
