"""The flow of requests through the measured window: rates, requests in flight, and requests sent late.

Throughput is the number of correct responses whose reading ended within the window, divided by its length, whatever
phase their requests were intended in. For a closed loop that counts the requests in flight at the start and leaves out
those in flight at the end; in a steady state the two balance. For an open loop it is the delivered rate, as opposed to
the offered rate: it is lower when the server falls behind.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from stacklab.analysis.run.columns import Window, one_of
from stacklab.columns import MISSING, Column, Columns
from stacklab.model.measured.record import ANSWERED, Outcome
from stacklab.units import Nanoseconds

MOMENTS: Final = 1000
"""Number of moments at which the requests in flight are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """Rates in requests a second; counts over the window."""

    throughput_rps: float
    bytes_per_s: float
    """Bytes of the bodies of all responses whose reading ended within the window."""
    ended: int
    """Requests that ended within the window, in whatever way."""
    answered: int
    """Of those, the ones with a response, correct or not: the server's work."""
    in_flight: float
    """Requests in flight (waiting to be sent, or sent), averaged over the window's time: L of Little's law."""
    rate_times_latency: float
    """Requests that ended per second, times their mean time in flight: lambda W of Little's law (Little 1961)."""
    at_borders: float
    """How far the two may be apart because some requests lie across a border of the window: by the time that those in
    flight at its start had taken until then, less that of those in flight at its end. No time before the load began
    counts, so that a wrong row cannot excuse itself."""
    scatter: float
    """Standard deviation of the number of requests in flight from its own trend over the window. It is the root of
    ``in_flight`` if requests are independent of each other, and more if many wait for the same thing."""
    requests_per_connection: float | None
    worker_shares: tuple[float, ...]
    """Share of the responses of each worker process, largest first; empty if no response names its worker."""


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
    """The time that the requests in flight at a moment have taken until then, summed."""
    under_way = (came_ns < at_ns) & (ended_ns >= at_ns)
    return float((at_ns - came_ns[under_way]).sum(dtype=np.float64))


def _scatter(intended: Column, ended_ns: Column, window: Window) -> float:
    """Residual of the number in flight, at evenly spaced moments, around a straight line."""
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
