"""Send one order's load: warm-up, measured window and drain, in one process, on the same connections."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from stacklab.driver.closed import ClosedPace
from stacklab.driver.open import OpenPace, SessionPace
from stacklab.driver.pace import Pace, Window
from stacklab.driver.preflight import check
from stacklab.driver.principal import Principal
from stacklab.driver.question import questions
from stacklab.driver.reactor import Reactor, clock
from stacklab.driver.rows import Rows
from stacklab.driver.schedule import Share, arrivals, choices, crew, pool_size
from stacklab.driver.stamps import Stamps
from stacklab.driver.watch import Watch, collections
from stacklab.model.load import Load, Open
from stacklab.model.order import Order
from stacklab.model.record import DriverReport, Phase, PhaseSpan
from stacklab.units import NS_PER_US, Nanoseconds, ns_from_s

EARLY_NS = 35 * NS_PER_US
"""The way from the timer to the greenlet takes some 25 µs: waking up before that, the reactor is there in time."""

EARLY_RATE = 10_000
"""Up to this rate that costs next to nothing; above, it would never sleep."""

CYCLE = 65_536
"""A closed loop does not know how many requests it will send: its choices repeat after so many."""


class Audience(Protocol):
    """Who wants to see the rows before they are a file."""

    def look(self, rows: Rows, now_ns: Nanoseconds) -> None:
        """Called some fifty times a second while requests are measured: mostly do nothing, and be quick."""

    def close(self, rows: Rows) -> None:
        """Called when all is over."""


def drive(
    order: Order,
    share: Share,
    principal: Principal,
    *,
    waiter: Callable[[int], Callable[[], None]],
    versions: Mapping[str, str],
    audience: Audience | None = None,
) -> DriverReport:
    """Send this process's share of the load, and leave the rows at ``order.rows_path``.

    ``waiter(fd)`` makes a function that returns when ``fd`` may be readable.
    """
    target = check(order)
    rows = Rows()
    asked, weights = questions(order)
    stamped = isinstance(order.load, Open) if order.kernel_timestamps is None else order.kernel_timestamps
    reactor = Reactor(
        target,
        asked,
        connections=share.of_connections(pool_size(order.load)),
        timeout_ns=ns_from_s(order.timeout_s),
        rows=rows,
        stamps=Stamps() if stamped else None,
        share=share,
        early_ns=_early_ns(order.load),
    )
    prepare = _prepare(order, weights, share)

    with closing(reactor), _no_garbage_collection():
        start_ns = principal.start_ns()
        measure_ns = start_ns + ns_from_s(order.warmup_s)
        window = Window(start_ns, measure_ns, measure_ns + ns_from_s(order.measure_s))
        spans = (
            PhaseSpan(phase=Phase.WARMUP, start_ns=start_ns, end_ns=measure_ns),
            PhaseSpan(phase=Phase.MEASURE, start_ns=measure_ns, end_ns=window.end_ns),
        )
        principal.announce(spans)
        pace = prepare(reactor, window)
        watch = Watch(start_ns, (measure_ns, window.end_ns))
        give_up_ns = window.end_ns + ns_from_s(order.drain_s)
        collections_before = collections()

        def is_over(now_ns: Nanoseconds) -> bool:
            watch.look(now_ns)
            if audience is not None:
                audience.look(rows, now_ns)
            if now_ns < window.end_ns:
                return False
            return now_ns >= give_up_ns or not (pace.behind() or reactor.in_flight())

        reactor.run(pace, is_over=is_over, wait=waiter(reactor.fileno()))
        stopped_ns = clock()
        gc_collections = collections() - collections_before
        reactor.censor()
        pace.finish(stopped_ns)
        watch.close(stopped_ns)

    if pace.intended != len(rows):
        raise AssertionError(f"{pace.intended} requests were intended and {len(rows)} recorded")
    rows.save(Path(order.rows_path))
    if audience is not None:
        audience.close(rows)
    return DriverReport(
        driver="reactor",
        versions=versions,
        spans=(*spans, PhaseSpan(phase=Phase.DRAIN, start_ns=window.end_ns, end_ns=stopped_ns)),
        intended=pace.intended,
        seconds=tuple(watch.seconds),
        connects=reactor.connects,
        gc_collections=gc_collections,
        dropped_timers=pace.dropped_timers,
        kernel_timestamps=stamped,
    )


def _prepare(order: Order, weights: list[float], share: Share) -> Callable[[Reactor, Window], Pace]:
    """Draw the schedule, which may take a second, and return what starts it."""
    load = order.load
    if isinstance(load, Open):
        times = arrivals(load, warmup_s=order.warmup_s, measure_s=order.measure_s, seed=order.seed)
        picks = choices(weights, count=len(times), seed=order.seed)
        pace = OpenPace if load.requests_per_session == 1 else SessionPace
        return lambda reactor, window: pace(
            reactor,
            load,
            picks=share.of_arrivals(picks).copy(),
            times=share.of_arrivals(times) + window.start_ns,
            window=window,
        )
    picks = choices(weights, count=CYCLE, seed=order.seed)
    changes = crew(load, warmup_s=order.warmup_s, measure_s=order.measure_s)
    return lambda reactor, window: ClosedPace(
        reactor,
        picks=share.of_arrivals(picks),
        window=window,
        crew=[(window.start_ns + at_ns, share.of_connections(size)) for at_ns, size in changes],
        think_ns=ns_from_s(load.think_s),
    )


def _early_ns(load: Load) -> Nanoseconds:
    """How long before a request is due the reactor stops waiting."""
    if not isinstance(load, Open):
        return 0
    peak = load.rate * load.requests_per_session * max((max(step.at, step.to or 0.0) for step in load.steps), default=1)
    return EARLY_NS if peak <= EARLY_RATE else 0


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """A collection stops everything for milliseconds: do it before, not during."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
