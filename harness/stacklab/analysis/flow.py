"""How requests flowed through the measured window: what came, what left, what was on the way, and what was sent late.

Throughput is the number of right answers whose reading ended within the window, divided by its length, whatever phase
their requests were intended in. For a closed loop that counts the requests under way at the start and leaves out those
under way at the end; in a steady state the two balance. For an open loop it is what was delivered, as opposed to what
was offered: below the offered rate when the server falls behind.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from stacklab.analysis.frame import MISSING, Columns, Window, one_of
from stacklab.model.record import ANSWERED, Outcome
from stacklab.units import NS_PER_S, Nanoseconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """Rates in requests a second; counts over the window."""

    throughput_rps: float
    ended: int
    """Requests that ended within the window, in whatever way."""
    answered: int
    """Of those, the ones that the server answered, rightly or wrongly: its work."""
    in_flight: float
    """Requests on the way (waiting to be sent, or sent), averaged over the window's time: L of Little's law."""
    rate_times_latency: float
    """Requests that ended a second, times their mean time on the way: lambda W of Little's law (Little 1961)."""
    at_borders: float
    """How far the two may be apart because some requests lie across a border of the window: three standard deviations,
    where requests come and take their time independently of each other. Then those under way at a moment are a Poisson
    number of mean lambda E[W], whose times left have the second moment E[W^3] / 3 E[W] (inspection paradox, Feller).
    A W longer than the window counts as one of its length, so that a wrong row cannot excuse itself."""
    mean_latency_s: float | None
    """W: over the requests that ended within the window."""
    requests_per_connection: float | None
    worker_shares: tuple[float, ...]
    """Share of the answers each worker process gave, largest first; empty where no response names its worker."""


def flow(requests: Columns, window: Window) -> Flow:
    """Count what crossed the window."""
    intended, ended_ns = requests["intended_ns"], requests["read_ns"]
    leaving = window.holds(ended_ns)
    answered = leaving & one_of(requests["outcome"], ANSWERED)
    ok = int(np.count_nonzero(leaving & (requests["outcome"] == Outcome.OK)))
    on_the_way = np.minimum(ended_ns, window.end_ns) - np.maximum(intended, window.start_ns)
    each_ns = (ended_ns[leaving] - intended[leaving]).astype(np.float64)
    took_ns = float(each_ns.sum())
    capped_ns = np.minimum(each_ns, window.length_ns)
    ended = int(np.count_nonzero(leaving))
    connections = len(np.unique(requests["connection"][answered]))
    workers = requests["worker"][answered]
    _, by_worker = np.unique(workers[workers > 0], return_counts=True)
    return Flow(
        throughput_rps=ok / window.length_s,
        ended=ended,
        answered=int(np.count_nonzero(answered)),
        in_flight=float(np.maximum(on_the_way, 0).sum(dtype=np.float64)) / window.length_ns,
        rate_times_latency=took_ns / window.length_ns,
        at_borders=3 * sqrt(2 / 3 * float((capped_ns / window.length_ns) @ capped_ns**2)) / window.length_ns,
        mean_latency_s=took_ns / ended / NS_PER_S if ended else None,
        requests_per_connection=int(np.count_nonzero(answered)) / connections if connections else None,
        worker_shares=tuple(sorted((by_worker / by_worker.sum()).tolist(), reverse=True)) if len(by_worker) else (),
    )


def late_by_driver(requests: Columns, measured: slice, *, connections: int, tolerance_ns: Nanoseconds) -> float:
    """Share of the measured requests that were sent late although a connection had been free for ``tolerance_ns``.

    A request of an open loop that waits for a connection is late because of the server; one that waits beside a free
    connection is late because of the driver.
    """
    sent = requests["sent_ns"]
    measured_sent, intended = sent[measured], requests["intended_ns"][measured]
    late = measured_sent - intended > tolerance_ns
    if not late.any():
        return 0.0
    carried = sent != MISSING
    starts, ends = np.sort(sent[carried]), np.sort(requests["read_ns"][carried])
    then = measured_sent[late] - tolerance_ns
    busy = np.searchsorted(starts, then, side="right") - np.searchsorted(ends, then, side="right")
    return int(np.count_nonzero(busy < connections)) / len(intended)
