"""How requests flowed through the measured window: what came, what left, what was on the way, and what was sent late.

Throughput is the number of right answers whose reading ended within the window, divided by its length, whatever phase
their requests were intended in. For a closed loop that counts the requests under way at the start and leaves out those
under way at the end; in a steady state the two balance. For an open loop it is what was delivered, as opposed to what
was offered: below the offered rate when the server falls behind.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from stacklab.analysis.run.columns import Window, one_of
from stacklab.columns import MISSING, Column, Columns
from stacklab.model.record import ANSWERED, Outcome
from stacklab.units import Nanoseconds

MOMENTS: Final = 1000
"""At which the requests on the way are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """Rates in requests a second; counts over the window."""

    throughput_rps: float
    bytes_per_s: float
    """Of the bodies of all responses whose reading ended within the window."""
    ended: int
    """Requests that ended within the window, in whatever way."""
    answered: int
    """Of those, the ones that the server answered, rightly or wrongly: its work."""
    in_flight: float
    """Requests on the way (waiting to be sent, or sent), averaged over the window's time: L of Little's law."""
    rate_times_latency: float
    """Requests that ended a second, times their mean time on the way: lambda W of Little's law (Little 1961)."""
    at_borders: float
    """How far the two may be apart because some requests lie across a border of the window: by what those under way at
    its begin had taken until then, less what those at its end have taken. No time before the load began counts, so that
    a wrong row cannot excuse itself."""
    scatter: float
    """How far the number of requests on the way strays from its own trend over the window: standard deviation. Where
    they come and take their time independently of each other it is the root of ``in_flight``, and more where many wait
    for the same."""
    requests_per_connection: float | None
    worker_shares: tuple[float, ...]
    """Share of the answers each worker process gave, largest first; empty where no response names its worker."""


def flow(requests: Columns, window: Window, *, began_ns: Nanoseconds) -> Flow:
    """Count what crossed the window of a load that began then."""
    intended, ended_ns = requests["intended_ns"], requests["read_ns"]
    leaving = window.holds(ended_ns)
    answered = leaving & one_of(requests["outcome"], ANSWERED)
    ok = int(np.count_nonzero(leaving & (requests["outcome"] == Outcome.OK)))
    on_the_way = np.minimum(ended_ns, window.end_ns) - np.maximum(intended, window.start_ns)
    took_ns = float((ended_ns[leaving] - intended[leaving]).sum(dtype=np.float64))
    came_ns = np.maximum(intended, began_ns)
    at_begin_ns, at_end_ns = (_taken_ns(came_ns, ended_ns, border) for border in (window.start_ns, window.end_ns))
    connections = len(np.unique(requests["connection"][answered]))
    workers = requests["worker"][answered]
    _, by_worker = np.unique(workers[workers > 0], return_counts=True)
    return Flow(
        throughput_rps=ok / window.length_s,
        bytes_per_s=float(requests["bytes"][answered].sum(dtype=np.float64)) / window.length_s,
        ended=int(np.count_nonzero(leaving)),
        answered=int(np.count_nonzero(answered)),
        in_flight=float(np.maximum(on_the_way, 0).sum(dtype=np.float64)) / window.length_ns,
        rate_times_latency=took_ns / window.length_ns,
        at_borders=abs(at_begin_ns - at_end_ns) / window.length_ns,
        scatter=_scatter(intended, ended_ns, window),
        requests_per_connection=int(np.count_nonzero(answered)) / connections if connections else None,
        worker_shares=tuple(sorted((by_worker / by_worker.sum()).tolist(), reverse=True)) if len(by_worker) else (),
    )


def _taken_ns(came_ns: Column, ended_ns: Column, at_ns: Nanoseconds) -> float:
    """What the requests under way at a moment have taken until then, summed."""
    under_way = (came_ns < at_ns) & (ended_ns >= at_ns)
    return float((at_ns - came_ns[under_way]).sum(dtype=np.float64))


def _scatter(intended: Column, ended_ns: Column, window: Window) -> float:
    """Of the number on the way, at evenly spaced moments: what a straight line through it leaves."""
    moments = np.linspace(0.0, 1.0, MOMENTS)
    at_ns = window.start_ns + moments * window.length_ns
    carried = ended_ns != MISSING
    came, ended = np.sort(intended[carried]), np.sort(ended_ns[carried])
    under_way = np.searchsorted(came, at_ns) - np.searchsorted(ended, at_ns)
    return float(np.std(under_way - np.polyval(np.polyfit(moments, under_way, 1), moments)))


@dataclass(frozen=True, kw_only=True, slots=True)
class LateSends:
    """Shares of the measured requests of an open loop that were sent late, by the cause."""

    by_driver: float
    """Although a connection was free."""
    by_limit: float
    """Because every connection that the load may open was in use; those that never got one are among them."""


def late_sends(requests: Columns, measured: slice, *, connections: int, tolerance_ns: Nanoseconds) -> LateSends:
    """Tell the measured requests that the driver sent late from those that waited for a connection.

    Both are later than ``tolerance_ns``. A request that waits beside a connection which had been free for as long is
    late because of the driver; one that waits for a connection is late because of the server, and of the limit.
    """
    sent = requests["sent_ns"]
    measured_sent, intended = sent[measured], requests["intended_ns"][measured]
    if not len(intended):
        return LateSends(by_driver=0.0, by_limit=0.0)
    never = (
        (requests["outcome"][measured] == Outcome.CENSORED)
        & (requests["connection"][measured] == 0)
        & (requests["read_ns"][measured] - intended > tolerance_ns)
    )
    late = measured_sent - intended > tolerance_ns
    carried = sent != MISSING
    starts, ends = np.sort(sent[carried]), np.sort(requests["read_ns"][carried])
    then = measured_sent[late] - tolerance_ns
    busy = np.searchsorted(starts, then, side="right") - np.searchsorted(ends, then, side="right")
    by_driver = int(np.count_nonzero(busy < connections))
    by_limit = int(np.count_nonzero(late)) - by_driver + int(np.count_nonzero(never))
    return LateSends(by_driver=by_driver / len(intended), by_limit=by_limit / len(intended))
