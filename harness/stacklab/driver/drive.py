"""Send one order's load: warm-up, measured window and drain, in one process, on the same connections."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from gevent import GreenletExit  # type: ignore[import-untyped] # gevent has no types

from stacklab.driver.control.channel import ControlChannel
from stacklab.driver.loop.reactor import Reactor, clock
from stacklab.driver.loop.rows import Chunks, Rows
from stacklab.driver.loop.stamps import Stamps
from stacklab.driver.pacing.closed import ClosedPace, ClosedSchedule
from stacklab.driver.pacing.open import OpenPace, Schedule, SessionPace
from stacklab.driver.pacing.pace import Pace
from stacklab.driver.pacing.phases import Phases
from stacklab.driver.pacing.schedule import LoadShare, ScheduledPhase, active_connections, arrivals, choices, pool_size
from stacklab.driver.users.self_usage import SelfUsage, collections
from stacklab.driver.wire.failures import FailureLog
from stacklab.driver.wire.preflight import check
from stacklab.driver.wire.request import prepared_requests
from stacklab.model.measured.record import DriverReport, Phase
from stacklab.model.traffic.load import Load, Open
from stacklab.model.traffic.order import Order
from stacklab.units import NS_PER_US, Nanoseconds, Seconds, ns_from_s

EARLY_NS = 35 * NS_PER_US
"""The way from the timer to the greenlet takes some 25 µs: waking up before that, the reactor is there in time."""

EARLY_RATE = 10_000
"""Up to this rate that costs next to nothing; above, it would never sleep."""

CYCLE = 65_536
"""A closed loop does not know how many requests it will send: its choices repeat after this number of requests."""

SPARE_S: Seconds = 1.0
"""How much longer the warm-up's schedule is than the warm-up may be: until all have heard that it is over."""

INTERRUPTIONS = (GreenletExit, KeyboardInterrupt)
"""How locust stops a user: by ``--run-time``, by a signal, from its web page; and how Ctrl-C may get here first."""


class RowListener(Protocol):
    """Sees the rows before they are written to a file."""

    def update(self, rows: Rows, now_ns: Nanoseconds) -> None:
        """Called some fifty times a second while requests are measured: mostly do nothing, and be quick."""

    def close(self, rows: Rows) -> None:
        """Called when all is over."""


def drive(
    order: Order,
    share: LoadShare,
    channel: ControlChannel,
    *,
    waiter: Callable[[int], Callable[[], None]],
    versions: Mapping[str, str],
    listener: RowListener | None = None,
) -> DriverReport:
    """Send this process's share of the load, leave the rows at ``order.rows_path``, and report to the channel.

    If that is interrupted, what was measured until then is left and reported before the interruption goes on.
    ``waiter(fd)`` makes a function that returns when ``fd`` may be readable.
    """
    target = check(order)
    rows, chunks = Rows(), Chunks()
    failures = FailureLog([shot.endpoint for shot in order.shots])
    asked, weights = prepared_requests(order, failures)
    stamped = isinstance(order.load, Open) if order.kernel_timestamps is None else order.kernel_timestamps
    reactor = Reactor(
        target,
        asked,
        connections=share.of_connections(pool_size(order.load)),
        timeout_ns=ns_from_s(order.timeout_s),
        rows=rows,
        chunks=chunks,
        stamps=Stamps() if stamped else None,
        share=share,
        early_ns=early_ns(order.load),
    )
    prepare = _prepare(order, weights, share)
    stop: BaseException | None = None

    with closing(reactor), no_garbage_collection():
        start_ns = channel.start_ns()
        pace = prepare(reactor, start_ns)
        usage = SelfUsage(start_ns)
        phases = Phases(order, rows, channel, start_ns, tell=(pace.fix, usage.fix))
        drain_ns = ns_from_s(order.drain_s)
        collections_before = collections()

        def is_over(now_ns: Nanoseconds) -> bool:
            phases.check(now_ns)
            usage.check(now_ns)
            if listener is not None:
                listener.update(rows, now_ns)
            if now_ns < phases.bounds.end_ns:
                return False
            return now_ns >= phases.bounds.end_ns + drain_ns or not (pace.behind() or reactor.in_flight())

        try:
            reactor.run(pace, is_over=is_over, wait=waiter(reactor.fileno()))
        except INTERRUPTIONS as interruption:
            stop = interruption
            if listener is not None:
                # what is in flight has not failed: it was not waited for
                listener.close(rows)
        stopped_ns = clock()
        gc_collections = collections() - collections_before
        reactor.censor()
        pace.finish(stopped_ns)
        usage.close(stopped_ns)

    rows.save(Path(order.rows_path))
    if order.has_chunks:
        chunks.save(Path(order.chunks_path))
    if stop is None and pace.intended != len(rows):
        raise AssertionError(f"{pace.intended} requests were intended and {len(rows)} recorded")
    if listener is not None and stop is None:
        listener.close(rows)
    report = DriverReport(
        driver="reactor",
        versions=versions,
        spans=phases.until(stopped_ns),
        intended=len(rows),
        seconds=tuple(usage.seconds),
        connects=reactor.connects,
        gc_collections=gc_collections,
        dropped_timers=pace.dropped_timers,
        kernel_timestamps=stamped,
        warmup_end=phases.warmup_end,
        interrupted=stop is not None,
        failures=failures.kept,
    )
    channel.done(order, report)
    if stop is not None:
        raise stop
    return report


def _prepare(order: Order, weights: list[float], share: LoadShare) -> Callable[[Reactor, Nanoseconds], Pace]:
    """Draw the schedules, which may take a second, and return what starts them."""
    load = order.load
    lengths: Mapping[ScheduledPhase, Seconds] = {
        Phase.WARMUP: order.warmup_at_most_s + SPARE_S,
        Phase.MEASURE: order.measure_s,
    }
    if isinstance(load, Open):

        def schedule(part: ScheduledPhase) -> Schedule:
            times = arrivals(load, part, seconds=lengths[part], seed=order.seed)
            picks = choices(weights, part, count=len(times), seed=order.seed)
            return Schedule(share.of_arrivals(times), share.of_arrivals(picks).copy())

        warmup, measured = schedule(Phase.WARMUP), schedule(Phase.MEASURE)
        pace = OpenPace if load.requests_per_session == 1 else SessionPace
        return lambda reactor, start_ns: pace(reactor, load, start_ns, warmup=warmup, measured=measured)

    def closed_schedule(part: ScheduledPhase) -> ClosedSchedule:
        picks = choices(weights, part, count=CYCLE, seed=order.seed)
        changes = active_connections(load, part, seconds=lengths[part])
        return ClosedSchedule(
            share.of_arrivals(picks), [(at_ns, share.of_connections(size)) for at_ns, size in changes]
        )

    first, then = closed_schedule(Phase.WARMUP), closed_schedule(Phase.MEASURE)
    think_ns = ns_from_s(load.think_s)
    return lambda reactor, start_ns: ClosedPace(reactor, start_ns, warmup=first, measured=then, think_ns=think_ns)


def early_ns(load: Load) -> Nanoseconds:
    """How long before a request is due the reactor stops waiting."""
    if not isinstance(load, Open):
        return 0
    peak = load.rate * load.requests_per_session * max((max(step.at, step.to or 0.0) for step in load.steps), default=1)
    return EARLY_NS if peak <= EARLY_RATE else 0


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """A collection stops everything for milliseconds: do it before, not during."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
