"""Work conservation: how long a request was overdue at one worker while another was idle.

A server that gives waiting requests to any idle worker conserves work (Kleinrock, Queueing Systems II, 1976). One whose
workers each take connections for themselves need not.

The load of a worker is observed from outside: a request is with it from sending until its response was read. One that
waits in the kernel, for any worker, is counted for the one that responds to it; meanwhile no worker is idle.
"""

from typing import Final

import numpy as np

from stacklab.analysis.run.columns import Window
from stacklab.columns import Column, Columns
from stacklab.model.record import Outcome
from stacklab.units import NS_PER_MS

OVERDUE_NS: Final = 10 * NS_PER_MS
"""A request that has taken this much longer than the fastest of the run is waiting for something."""


def stranded_share(requests: Columns, window: Window, *, workers: int) -> float | None:
    """Share of the window in which a request was overdue at one worker while another had none at all.

    None if the responses do not name their workers. It says little if requests differ in their service times.
    """
    answered = (requests["outcome"] == Outcome.OK) & (requests["worker"] > 0)
    if not answered.any():
        return None
    sent, ended, worker = (requests[name][answered] for name in ("sent_ns", "read_ns", "worker"))
    steps = [_steps(sent, ended, worker == one) for one in np.unique(worker)]
    expected = sent + (ended - sent).min() + OVERDUE_NS
    overdue = expected < ended
    starts, ends = expected[overdue], ended[overdue]
    # Three kinds of moments: a worker gets its first request or gives its last answer, a request becomes overdue, and
    # one that was overdue is answered.
    times = np.concatenate([*(at for at, _ in steps), starts, ends])
    busy = np.concatenate([*(by for _, by in steps), np.zeros(2 * len(starts))])
    late = np.concatenate([np.zeros(sum(len(at) for at, _ in steps)), np.ones(len(starts)), -np.ones(len(ends))])
    order = np.argsort(times, kind="stable")
    times = np.clip(times[order], window.start_ns, window.end_ns)
    stranded = (np.cumsum(late[order]) > 0) & (np.cumsum(busy[order]) < workers)
    return float(np.diff(times, append=window.end_ns)[stranded].sum()) / window.length_ns


def _steps(sent: Column, ended: Column, own: Column) -> tuple[Column, Column]:
    """When a worker becomes busy (1) and idle (-1)."""
    times = np.concatenate((sent[own], ended[own]))
    change = np.repeat((1, -1), int(np.count_nonzero(own)))
    order = np.lexsort((-change, times))  # one that comes as another goes leaves no gap
    has_some = np.cumsum(change[order]) > 0
    steps = np.diff(has_some.astype(np.int8), prepend=0)
    return times[order][steps != 0], steps[steps != 0]
