"""Send one load to several servers in turn, slice by slice, in one process, on connections that stay open.

Rule 1: while one server has its slice, nothing is sent to the others.
Rule 2: a slice ends when its last response has been read. Its length is measured, never assumed.
Rule 3: counters are read when the server sleeps: before its slice, and after it as soon as no thread of it runs.
Rule 4: connections that the server closed while it was idle are opened anew before its slice, outside of what counts.
"""

import os
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final, Self

import gevent  # type: ignore[import-untyped] # gevent has no types
import numpy as np

from stacklab.driver.control.channel import ControlChannel
from stacklab.driver.drive import early_ns, no_garbage_collection
from stacklab.driver.loop.reactor import Reactor, clock
from stacklab.driver.loop.rows import Chunks, Rows
from stacklab.driver.loop.stamps import Stamps
from stacklab.driver.pacing.closed import ClosedPace, ClosedSchedule
from stacklab.driver.pacing.open import OpenPace, Schedule
from stacklab.driver.pacing.pace import Pace, PhaseBounds
from stacklab.driver.pacing.schedule import arrivals, choices, pool_size
from stacklab.driver.users.self_usage import SelfUsage, collections
from stacklab.driver.wire.failures import FailureLog
from stacklab.driver.wire.preflight import check
from stacklab.driver.wire.request import prepared_requests
from stacklab.errors import StacklabError
from stacklab.model.measured.record import DriverReport, Outcome, Phase, PhaseSpan, outcomes_of
from stacklab.model.traffic import slices
from stacklab.model.traffic.load import Open
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.slices import SLICE, SlicedOrder, SliceTarget, WarmPace
from stacklab.model.traffic.warmup import WarmupEnd
from stacklab.procfs import TreeCounters, counters_of, steal_ns
from stacklab.units import NS_PER_MS, NS_PER_S, Nanoseconds, Seconds, ns_from_s

TICK_NS: Final = NS_PER_MS
"""How often it is looked whether a slice is over."""

AWAKE_AT_MOST_NS: Final = 10 * NS_PER_MS
"""After a slice, a server finishes what follows a response, and goes to sleep. One that never does is read then."""

LOOK_AGAIN_S: Final[Seconds] = 0.0005
"""Until it is looked again whether a server sleeps."""

CLOSED_PICKS: Final = 4096
"""A slice of a closed loop does not know how many requests it will send: its choices repeat after so many."""

STUCK: Final = 2
"""A server that leaves a slice with requests in flight so many times in a row gets no further ones."""

SCHEDSTAT: Final = Path("/proc/thread-self/schedstat")


class SlicedServer:
    """One server: its connections, its rows, and its slices."""

    def __init__(
        self, order: Order, target: SliceTarget, waiter: Callable[[int], Callable[[], None]], *, group: int
    ) -> None:
        """Look the server up, and make room; nothing is sent yet."""
        self.order, self.target, self.group = order, target, group
        self.rows, self.chunks = Rows(), Chunks()
        self.slices: list[tuple[int, ...]] = []
        self.intended = 0
        self.dropped_timers = 0
        self.kernel_timestamps = (
            isinstance(order.load, Open) if order.kernel_timestamps is None else (order.kernel_timestamps)
        )
        self.failures = FailureLog([shot.endpoint for shot in order.shots])
        requests, self._weights = prepared_requests(order, self.failures)
        self.reactor = Reactor(
            check(order),
            requests,
            connections=pool_size(order.load),
            timeout_ns=ns_from_s(order.timeout_s),
            rows=self.rows,
            chunks=self.chunks,
            stamps=Stamps() if self.kernel_timestamps else None,
            early_ns=early_ns(order.load),
        )
        self._wait = waiter(self.reactor.fileno())
        self._stuck = 0
        self._slept: TreeCounters | None = None

    def __enter__(self) -> Self:
        """Nothing to do: connections are opened when they are needed."""
        return self

    @property
    def is_stuck(self) -> bool:
        """Whether the server no longer answers within a slice and its drain."""
        return self._stuck >= STUCK

    def warm_up(self, seconds: Seconds) -> WarmPace:
        """Send for so long."""
        first = len(self.rows)
        start_ns = clock() + NS_PER_MS
        end_ns = start_ns + ns_from_s(seconds)
        self._send(PhaseBounds(start_ns, end_ns, end_ns), seed=self.order.seed)
        rows = self.rows.since(first)
        rows = rows[outcomes_of(rows["phase_outcome"]) == Outcome.OK]
        if not len(rows):
            return WarmPace(0.0, 0.0)
        took_s = (int(rows["read_ns"].max()) - start_ns) / NS_PER_S
        median_s = statistics.median((rows["read_ns"] - rows["intended_ns"]).tolist()) / NS_PER_S
        return WarmPace(len(rows) / took_s, median_s)

    def slice(self, sweep: int, position: int, seconds: Seconds) -> None:
        """One slice, measured."""
        if self.reactor.renew():
            self.fall_asleep()
        before, steal_before_ns, driver_before = counters_of(self.target.pid), steal_ns(), _driver_counters()
        first = len(self.rows)
        start_ns = clock()
        cut_ns = ns_from_s(slices.CUT_S) if isinstance(self.order.load, Open) else 0
        bounds = PhaseBounds(start_ns, start_ns + cut_ns, start_ns + ns_from_s(seconds))
        self._send(bounds, seed=self.order.seed + 1 + sweep)
        rows = self.rows.since(first)
        end_ns = int(rows["read_ns"].max()) if len(rows) else clock()
        driver_after = _driver_counters()
        after = self.fall_asleep()
        self.slices.append(
            (
                *(self.group, sweep, position, start_ns, bounds.measure_ns, end_ns),
                _gained(before.cpu_ns, after.cpu_ns),
                -1 if self._slept is None else _gained(self._slept.cpu_ns, before.cpu_ns),
                _gained(before.delay_ns, after.delay_ns),
                _gained(before.switches_voluntary, after.switches_voluntary),
                _gained(before.switches_involuntary, after.switches_involuntary),
                _gained(steal_before_ns, steal_ns()),
                *(_gained(one, other) for one, other in zip(driver_before, driver_after, strict=True)),
            )
        )
        self._slept = after

    def fall_asleep(self) -> TreeCounters:
        """The counters of the server when it sleeps, or after ``AWAKE_AT_MOST_NS``."""
        until_ns = clock() + AWAKE_AT_MOST_NS
        while (found := counters_of(self.target.pid)).awake and clock() < until_ns:
            gevent.sleep(LOOK_AGAIN_S)
        return found

    def save(self) -> None:
        """Leave rows and slices where the order wants them."""
        rows_path, slices_path = Path(self.order.rows_path), Path(self.target.slices_path)
        rows, cut = self.rows.since(0), np.array(self.slices, dtype=np.dtype(list(SLICE)))
        if self.target.goes_on:
            before = np.load(rows_path)
            # connections are numbered from 1, and 0 is none
            rows["connection"] += (rows["connection"] > 0) * before["connection"].max(initial=0)
            rows, cut = np.concatenate((before, rows)), np.concatenate((np.load(slices_path), cut))
        for path, made in ((rows_path, rows), (slices_path, cut)):
            with path.open("wb") as file:
                np.save(file, made)

    def close(self) -> None:
        """Close the connections."""
        self.reactor.close()

    def _send(self, bounds: PhaseBounds, *, seed: int) -> None:
        """Send what the load has for this stretch of time, and read until the last response or the end of the drain."""
        pace = self._pace(bounds, seed)
        stop_ns = bounds.end_ns + ns_from_s(self.order.drain_s)
        in_flight = self.reactor.in_flight

        def is_over(now_ns: Nanoseconds) -> bool:
            return now_ns >= bounds.end_ns and (now_ns >= stop_ns or not (pace.behind() or in_flight()))

        self.reactor.run(pace, is_over=is_over, wait=self._wait, tick_ns=TICK_NS)
        self._stuck = self._stuck + 1 if in_flight() else 0
        self.reactor.censor()
        pace.finish(clock())
        self.intended += pace.intended
        self.dropped_timers += pace.dropped_timers

    def _pace(self, bounds: PhaseBounds, seed: int) -> Pace:
        load = self.order.load
        seconds = (bounds.end_ns - bounds.start_ns) / NS_PER_S
        pace: Pace
        if isinstance(load, Open):
            times = arrivals(load, Phase.MEASURE, seconds=seconds, seed=seed)
            picks = choices(self._weights, Phase.MEASURE, count=len(times), seed=seed)
            cut = int(np.searchsorted(times, bounds.measure_ns - bounds.start_ns))
            since = bounds.measure_ns - bounds.start_ns
            pace = OpenPace(
                self.reactor,
                load,
                bounds.start_ns,
                warmup=Schedule(times[:cut], picks[:cut]),
                measured=Schedule(times[cut:] - since, picks[cut:]),
            )
        else:
            picks = choices(self._weights, Phase.MEASURE, count=CLOSED_PICKS, seed=seed)
            pace = ClosedPace(
                self.reactor,
                bounds.start_ns,
                warmup=ClosedSchedule(picks, [(0, load.connections)]),
                measured=ClosedSchedule(picks, []),
                think_ns=0,
            )
        pace.fix(bounds)
        return pace


def interleave(
    sliced: SlicedOrder,
    channel: ControlChannel,
    *,
    waiter: Callable[[int], Callable[[], None]],
    versions: Mapping[str, str],
) -> None:
    """Send the load to all servers, leave rows and slices of each, and report to the channel."""
    load, order = sliced.order.load, sliced.order
    with ExitStack() as open_servers:
        servers = [
            open_servers.enter_context(closing(SlicedServer(sliced.of(target), target, waiter, group=sliced.group)))
            for target in sliced.targets
        ]
        with no_garbage_collection():
            collections_before = collections()
            start_ns = channel.start_ns()
            usage = SelfUsage(start_ns)
            paces = [WarmPace(0.0, 0.0)] * len(servers)
            for index in next(slices.orders(len(servers), 1, seed=order.seed)):
                paces[index] = servers[index].warm_up(order.warmup_s)
                servers[index].fall_asleep()
            count, lengths_s = slices.cut(load, paces, measure_s=order.measure_s)
            spread = 0.0 if isinstance(load, Open) else slices.SPREAD
            lengths = np.random.default_rng(order.seed + sliced.group).uniform(1 - spread, 1 + spread, count)
            begin_ns = clock()
            channel.announce(_spans(start_ns, begin_ns, begin_ns + ns_from_s(count * sum(lengths_s))))
            first = sliced.group * slices.most_sweeps(measure_s=order.measure_s)
            turns = slices.orders(len(servers), count, seed=order.seed + 1 + sliced.group)
            for sweep, (longer, turn) in enumerate(zip(lengths.tolist(), turns, strict=True), start=first):
                for position, index in enumerate(turn):
                    if not servers[index].is_stuck:
                        servers[index].slice(sweep, position, lengths_s[index] * longer)
                    usage.check(clock())
            end_ns = clock()
            usage.close(end_ns)
            gc_collections = collections() - collections_before
        for server in servers:
            server.save()
            if server.intended != len(server.rows):
                raise StacklabError(f"{server.intended} requests were intended and {len(server.rows)} recorded")
        reports = tuple(
            DriverReport(
                driver="reactor",
                versions=versions,
                spans=_spans(start_ns, begin_ns, end_ns),
                intended=server.intended,
                seconds=tuple(usage.seconds),
                connects=server.reactor.connects,
                gc_collections=gc_collections,
                dropped_timers=server.dropped_timers,
                kernel_timestamps=server.kernel_timestamps,
                warmup_end=WarmupEnd.FIXED,
                failures=server.failures.kept,
            )
            for server in servers
        )
    channel.done_interleaved(sliced, reports)


def _spans(start_ns: Nanoseconds, begin_ns: Nanoseconds, end_ns: Nanoseconds) -> tuple[PhaseSpan, ...]:
    """The warm-up of all servers, and all of their slices."""
    return (
        PhaseSpan(phase=Phase.WARMUP, start_ns=start_ns, end_ns=begin_ns),
        PhaseSpan(phase=Phase.MEASURE, start_ns=begin_ns, end_ns=end_ns),
    )


def _driver_counters() -> tuple[int, int | None]:
    """Processor time of this process, and what its thread has waited for a processor."""
    delay_ns = int(SCHEDSTAT.read_bytes().split()[1]) if os.path.exists(SCHEDSTAT) else None  # noqa: PTH110 (cheap)
    return time.process_time_ns(), delay_ns


def _gained(before: int | None, after: int | None) -> int:
    """The increase of a counter; a tree that has lost processes may have less than before, which is not known."""
    return -1 if before is None or after is None or after < before else after - before
