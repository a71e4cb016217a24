"""The numbers of one run, over its measured window. A run is summarised alone, so that memory holds one run's rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stacklab.analysis.run.columns import Window, measured_window, one_of
from stacklab.analysis.run.flow import Flow, flow, late_sends
from stacklab.analysis.run.interleaved import SliceNumbers, Slices
from stacklab.analysis.run.latency import Quantile, Quantiles, ranked, timeline, with_losses
from stacklab.analysis.run.part import PartNumbers
from stacklab.analysis.run.quantiles import curve
from stacklab.analysis.run.resources import HostUsage, TreeUsage, host_usage, tree_usage
from stacklab.analysis.run.routes import RouteNumbers, by_route
from stacklab.analysis.run.steps import steps
from stacklab.analysis.run.streaming import first_byte, gaps
from stacklab.columns import MISSING, Column, Columns
from stacklab.model.measured.record import ANSWERED, Completed, Outcome, Phase, Role
from stacklab.model.plan import Plan
from stacklab.model.traffic.load import Load, Open
from stacklab.model.traffic.route import endpoint_names, routes_of
from stacklab.steady_state import drift, levels
from stacklab.units import NS_PER_MS, NS_PER_S, NS_PER_US, Nanoseconds, Seconds

DRIFT_WINDOWS = 20
"""Number of slices of the window: enough to see a drift, and few enough to hold many responses each."""

DRIFT_CONFIDENCE = 0.99
"""Confidence of the interval that excludes no drift: high, because windows of one run are not independent."""

_LATE_NS = NS_PER_MS
"""A send is late by more than this, or by a tenth of the median latency, whichever is more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """One run. Requests are those whose intended start lies in the window, unless a field says otherwise."""

    run: Completed
    cores: int
    """Of the host."""
    window_s: Seconds
    intended: int
    errors: Mapping[str, int]
    """Requests that did not end well, by the name of their outcome in lower case; only those that occurred."""
    flow: Flow
    latency: Quantiles
    """From the intended start until the response was read."""
    service: Quantiles
    """From sending until the response was read; of requests that were sent."""
    queue: Quantiles
    """From the intended start until sending: the client's own queue."""
    read_lag: Quantiles | None
    """From the kernel's receive time until the response was read: the driver's delay. None without receive times."""
    late_share: float | None
    """Share that an open loop sent late although a connection was free; None for a closed loop."""
    waited_share: float | None
    """Share that an open loop sent as late, or never, because all its connections were in use; None for a closed loop.
    """
    sent_ever: int
    """Requests sent in all phases."""
    answered_ever: int
    """Responses in all phases, correct or not."""
    right_ever: int
    """Correct responses in all phases."""
    server: TreeUsage
    driver: TreeUsage
    backends: TreeUsage
    """Requests and queries to backends; all None if there were none, or none to backends of ours."""
    host: HostUsage
    distribution: tuple[tuple[float, float], ...]
    """(quantile, latency in ms), up to where losses begin."""
    timeline: tuple[tuple[float, float, float], ...]
    """(seconds since the window began, median ms, P99 ms)."""
    first_byte: Quantiles | None = None
    """From the intended start until the first byte of the body; None if responses do not come in chunks."""
    gaps: Quantiles | None = None
    """Between the chunks of a response."""
    slices: Slices | None = None
    """Where it was measured in turn with others."""
    by_slice: SliceNumbers | None = None
    """What the slices say one by one; None where there are none."""
    routes: tuple[RouteNumbers, ...] = ()
    steps: tuple[PartNumbers, ...] = ()
    """Of a load that changes within the window, each step by itself."""
    drift: float | None = None
    """How far throughput (closed loop) or latency drifted over the window, by ``settling``; None if not certainly."""

    @property
    def warmup_s(self) -> Seconds:
        """The length of the warm-up."""
        return sum(span.length_s for span in self.run.driver.spans if span.phase is Phase.WARMUP)

    @property
    def intended_rps(self) -> float:
        """The scheduled rate."""
        return self.intended / self.window_s

    @property
    def throughput_rps(self) -> float:
        """Correct responses per second."""
        return self.flow.throughput_rps

    @property
    def cpu_us_per_request(self) -> float | None:
        """CPU of the server's process tree per response in the window."""
        return self.per_answer(self.server.cpu_ns, NS_PER_US)

    @property
    def cpu_user_us_per_request(self) -> float | None:
        """The part of it spent in user mode, in the proportion that the kernel's times show."""
        return self._cpu_part(self.server.user_ns)

    @property
    def cpu_system_us_per_request(self) -> float | None:
        """The part of it spent in the kernel."""
        return self._cpu_part(self.server.system_ns)

    @property
    def switches_voluntary_per_request(self) -> float | None:
        """Voluntary context switches of the server's process tree per response."""
        return self.per_answer(self.server.switches_voluntary, 1)

    @property
    def switches_involuntary_per_request(self) -> float | None:
        """Involuntary context switches of the server's process tree per response."""
        return self.per_answer(self.server.switches_involuntary, 1)

    @property
    def instructions_per_request(self) -> float | None:
        """Instructions of the server's process tree in user mode, per response."""
        return self.per_answer(self.server.instructions, 1)

    def share_of_window(self, ns: float | None) -> float | None:
        """A time on processors as a share of the window, 1.0 being one core all the time."""
        return None if ns is None else ns / (self.window_s * NS_PER_S)

    def per_answer(self, amount: float | None, unit: float) -> float | None:
        """An amount per response in the window; None if there was none."""
        return None if amount is None or not self.flow.answered else amount / unit / self.flow.answered

    def _cpu_part(self, part_ns: float | None) -> float | None:
        user, system, whole = self.server.user_ns, self.server.system_ns, self.cpu_us_per_request
        if part_ns is None or user is None or system is None or whole is None or not user + system:
            return None
        return whole * part_ns / (user + system)


def summarise(
    requests: Columns,
    usage: Columns,
    run: Completed,
    plan: Plan,
    *,
    cores: int,
    pieces: Columns | None = None,
    slices: Slices | None = None,
) -> Summary:
    """Derive one run's numbers from its rows and samples.

    From the moments of chunks as well, where responses come in those, and from its slices, where it was measured in
    turn with others.

    Raises:
        UsageError: the run has no measured window.
    """
    every, whole = requests, measured_window(run)
    requests, window = (requests, whole) if slices is None else slices.stitched(requests)
    began_ns = run.driver.spans[0].start_ns if slices is None else window.start_ns
    measured = _measured(requests)
    intended, sent = requests["intended_ns"][measured], requests["sent_ns"][measured]
    ended, outcome = requests["read_ns"][measured], requests["outcome"][measured]
    lost, was_sent = outcome != Outcome.OK, sent != MISSING
    used = _used(usage, whole, slices)
    latency_ns = ended - intended
    latency = ranked(latency_ns, lost)
    load = plan.scenario(run.cell.scenario).load
    late = None
    if isinstance(load, Open) and len(intended):
        tolerance_ns = _tolerance_ns(latency.at(0.5))
        late = late_sends(requests, measured, connections=load.connections, tolerance_ns=tolerance_ns)
    return Summary(
        run=run,
        cores=cores,
        window_s=window.length_s,
        intended=len(intended),
        errors=_errors(outcome),
        flow=flow(requests, window, began_ns=began_ns),
        latency=latency.quoted(),
        service=ranked((ended - sent)[was_sent], lost[was_sent]).quoted(),
        queue=ranked((sent - intended)[was_sent], np.zeros_like(lost[was_sent])).quoted(),
        read_lag=_read_lag(ended, requests["received_ns"][measured]),
        late_share=None if late is None else late.by_driver,
        waited_share=None if late is None else late.by_limit,
        sent_ever=int(np.count_nonzero(every["sent_ns"] != MISSING)),
        answered_ever=int(np.count_nonzero(one_of(every["outcome"], ANSWERED))),
        right_ever=int(np.count_nonzero(every["outcome"] == Outcome.OK)),
        server=used.server,
        driver=used.driver,
        backends=used.backends,
        host=used.host,
        distribution=tuple((q, ns / NS_PER_MS) for q, ns in curve(latency.ordered_ns, known=latency.known)),
        timeline=timeline(intended, with_losses(latency_ns, lost), window),
        first_byte=None if pieces is None else first_byte(requests, pieces),
        gaps=None if pieces is None else gaps(requests, pieces),
        slices=slices,
        by_slice=None if slices is None else slices.numbers(every),
        routes=by_route(
            requests,
            window,
            routes_of(run, plan),
            endpoints=endpoint_names(run, plan),
            kept=run.driver.failures,
            is_open=isinstance(load, Open),
        ),
        steps=steps(requests, window, load),
        drift=_drift(requests, window, load),
    )


class _Used(NamedTuple):
    server: TreeUsage
    driver: TreeUsage
    backends: TreeUsage
    host: HostUsage


def _used(usage: Columns, whole: Window, slices: Slices | None) -> _Used:
    """What processes and host used in the window, or in the slices of it."""
    server, driver, backends = (tree_usage(usage, role, whole) for role in (Role.SERVER, Role.DRIVER, Role.BACKEND))
    host = host_usage(usage, whole)
    if slices is None:
        return _Used(server, driver, backends, host)
    peers = tree_usage(usage, Role.PEER, whole)
    own_server, own_driver = slices.server(server), slices.driver(driver)
    return _Used(
        own_server,
        own_driver,
        backends,
        slices.host(
            host,
            ours_ns=_sum(server.cpu_ns, driver.cpu_ns, peers.cpu_ns or 0.0),
            own_ns=_sum(own_server.cpu_ns, own_driver.cpu_ns),
            whole=whole,
        ),
    )


def _sum(*values: float | None) -> float | None:
    """None where any of them is unknown."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _measured(requests: Columns) -> slice:
    """The rows of the MEASURE phase, which stand together because rows are in the order of their intended start."""
    measured = requests["phase"] == Phase.MEASURE
    first = int(np.argmax(measured)) if len(measured) else 0
    return slice(first, first + int(np.count_nonzero(measured)))


def _drift(requests: Columns, window: Window, load: Load) -> float | None:
    answered = one_of(requests["outcome"], ANSWERED)
    intended, read = requests["intended_ns"][answered], requests["read_ns"][answered]
    series = levels(intended, read, load, start_ns=window.start_ns, end_ns=window.end_ns, windows=DRIFT_WINDOWS)
    found = drift(series, confidence=DRIFT_CONFIDENCE)
    return found.middle if found is not None and found.is_certain else None


def _errors(outcome: Column) -> Mapping[str, int]:
    counts = np.bincount(outcome, minlength=len(Outcome))
    return {kind.name.lower(): int(counts[kind]) for kind in Outcome if kind is not Outcome.OK and counts[kind]}


def _read_lag(ended: Column, received: Column) -> Quantiles | None:
    stamped = received != MISSING
    if not stamped.any():
        return None
    lag = (ended - received)[stamped]
    return ranked(lag, np.zeros(len(lag), dtype=np.bool_)).quoted()


def _tolerance_ns(median: Quantile | None) -> Nanoseconds:
    return max(_LATE_NS, round(median.ms * NS_PER_MS / 10) if median else 0)
