"""Send one order's load: warm-up, measured window and drain, in one process, on the same connections."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from stacklab.driver.http1 import questions
from stacklab.driver.pace import ClosedPace, OpenPace
from stacklab.driver.reactor import Reactor, clock
from stacklab.driver.rows import Rows
from stacklab.driver.schedule import arrivals, choices
from stacklab.driver.watch import Watch, collections
from stacklab.model.load import Open
from stacklab.model.order import Order
from stacklab.model.record import DriverReport, Phase, PhaseSpan
from stacklab.units import NS_PER_MS, Nanoseconds, ns_from_s

LEAD_NS = 5 * NS_PER_MS
"""From fixing the start to the start: time to tell the harness."""

SHOTS_CYCLE = 65_536
"""A closed loop does not know how many requests it will send: its choices repeat after so many."""


def drive(
    order: Order,
    *,
    waiter: Callable[[int], Callable[[], None]],
    announce: Callable[[tuple[PhaseSpan, ...]], None],
    versions: Mapping[str, str],
) -> DriverReport:
    """Send the load and leave the rows at ``order.rows_path``.

    ``waiter(fd)`` makes a function that returns when ``fd`` may be readable; ``announce`` is told when warm-up and
    measured window will be.
    """
    rows = Rows()
    reactor = Reactor(
        (order.host, order.port),
        questions(order.shots, host=order.host, port=order.port, keep_alive=order.keep_alive),
        connections=order.load.connections,
        timeout_ns=ns_from_s(order.timeout_s),
        rows=rows,
    )
    weights = tuple(shot.weight for shot in order.shots)
    if isinstance(order.load, Open):
        offsets = arrivals(order.load, duration_s=order.warmup_s + order.measure_s, seed=order.seed)
        shots = choices(weights, count=len(offsets), seed=order.seed)
    else:
        offsets = np.empty(0, dtype=np.int64)
        shots = choices(weights, count=SHOTS_CYCLE, seed=order.seed)

    with _no_garbage_collection():
        start_ns = clock() + LEAD_NS
        measure_ns = start_ns + ns_from_s(order.warmup_s)
        end_ns = measure_ns + ns_from_s(order.measure_s)
        give_up_ns = end_ns + ns_from_s(order.drain_s)
        spans = (
            PhaseSpan(phase=Phase.WARMUP, start_ns=start_ns, end_ns=measure_ns),
            PhaseSpan(phase=Phase.MEASURE, start_ns=measure_ns, end_ns=end_ns),
        )
        announce(spans)
        pace = (
            OpenPace(order.load, reactor, shots=shots, times=offsets + start_ns, measure_ns=measure_ns)
            if isinstance(order.load, Open)
            else ClosedPace(order.load, reactor, shots=shots, start_ns=start_ns, measure_ns=measure_ns, end_ns=end_ns)
        )
        watch = Watch(start_ns, (measure_ns, end_ns))
        collections_before = collections()

        def tick(now_ns: Nanoseconds) -> bool:
            watch.look(now_ns)
            if now_ns < end_ns:
                return False
            return now_ns >= give_up_ns or not (pace.behind() or reactor.in_flight())

        reactor.run(pace, tick=tick, wait=waiter(reactor.fileno()))
        stopped_ns = clock()
        gc_collections = collections() - collections_before
        pace.finish()
        reactor.close()
        watch.close(stopped_ns)

    if pace.intended != len(rows):
        raise AssertionError(f"{pace.intended} requests were intended and {len(rows)} recorded")
    rows.save(Path(order.rows_path))
    return DriverReport(
        driver="reactor",
        versions=versions,
        spans=(*spans, PhaseSpan(phase=Phase.DRAIN, start_ns=end_ns, end_ns=max(end_ns, stopped_ns))),
        intended=pace.intended,
        seconds=tuple(watch.seconds),
        connects=reactor.connects,
        gc_collections=gc_collections,
        dropped_timers=pace.dropped_timers,
        kernel_timestamps=False,
    )


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
