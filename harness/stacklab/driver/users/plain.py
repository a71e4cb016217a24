"""Plain locustfiles: every request of an ``HttpUser`` or ``FastHttpUser`` becomes a row as well.

These are closed loops, whatever their wait times are called: nothing in locust knows when a request was intended to
start, so that is when its client says it began. Their warm-up ends by the same test as any other. What the clients cost
of the driver's processor is in the report, second by second; what they hide is not: they book the client's own delays
as the server's, and a request that is still in flight when locust stops leaves no trace.
"""

import time
from pathlib import Path
from typing import Any, Final

import gevent  # type: ignore[import-untyped] # gevent has no types
from locust import FastHttpUser, HttpUser, events
from locust.env import Environment
from locust.runners import LocalRunner, Runner

from stacklab.driver.control.channel import ControlChannel
from stacklab.driver.loop.rows import Rows, worker_number
from stacklab.driver.pacing.phases import Phases
from stacklab.driver.users.self_usage import SelfUsage, collections
from stacklab.driver.users.user import ReactorUser, channel_of, versions
from stacklab.errors import StacklabError, UsageError
from stacklab.model.measured.record import DriverReport, Outcome, Phase, pack_phase_outcome
from stacklab.model.traffic.contract import SERVED_BY
from stacklab.model.traffic.exchange import authority
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.slices import SlicedOrder
from stacklab.units import NS_PER_MS, NS_PER_S

CHECK_S: Final = 0.05
"""How often it is asked whether a second, or the window, is over."""

MAX_NAMES: Final = 256
"""The column ``endpoint`` has a byte; the last name stands for all that come later."""


@events.init.add_listener  # type: ignore[untyped-decorator] # locust's hooks have no types
def record_plain_users(environment: Environment, runner: Runner, **_: Any) -> None:
    """Record if there is an order and no user of ours that would see to it."""
    options = environment.parsed_options
    if options is None or any(issubclass(user, ReactorUser) for user in environment.user_classes):
        return
    if options.order is None and options.control_fd is None:
        return
    if not isinstance(runner, LocalRunner):
        raise UsageError("a plain locustfile is recorded in one process only: leave --processes and --master out")
    recorder = Recorder(runner, channel_of(options))
    environment.events.test_start.add_listener(recorder.start)  # type: ignore[no-untyped-call] # locust's hooks
    environment.events.test_stop.add_listener(recorder.stop)  # type: ignore[no-untyped-call] # locust's hooks


class Recorder:
    """One run of a plain locustfile: the users are locust's, the window and the files are the order's."""

    def __init__(self, runner: LocalRunner, channel: ControlChannel) -> None:
        """Nothing begins before locust's test does."""
        self._runner = runner
        self._environment = runner.environment
        self._channel = channel
        self._rows = Rows()
        self._names: list[str] = []
        self._order: Order
        self._phases: Phases
        self._usage: SelfUsage | None = None
        self._collections = 0

    def start(self, **_: Any) -> None:
        """Locust's test starts: get the order, and let the users run for as long as it says."""
        try:
            order, _share = self._channel.order()
            if isinstance(order, SlicedOrder):
                raise UsageError("a plain locustfile cannot send to several servers in turn; add --whole-runs")
        except StacklabError as error:
            self._channel.failed(str(error))
            self._environment.process_exit_code = 1
            gevent.spawn(self._runner.quit)
            return
        self._order = order
        self._environment.host = f"http://{authority(order.host, order.port)}"
        self._environment.stop_timeout = order.drain_s
        start_ns = self._channel.start_ns()
        usage = self._usage = SelfUsage(start_ns)
        self._phases = Phases(order, self._rows, self._channel, start_ns, tell=(usage.fix,))
        self._collections = collections()
        self._environment.events.request.add_listener(self.record)  # type: ignore[no-untyped-call] # locust's hooks
        gevent.spawn(self._run, usage)

    def record(
        self,
        *,
        name: str,
        response_time: float,
        response_length: int,
        start_time: float,
        exception: BaseException | None = None,
        response: Any = None,
        **_: Any,
    ) -> None:
        """Make a row of locust's request event: ``start_time`` is wall clock in seconds, ``response_time`` in ms."""
        # asked anew each time: the wall clock may be set meanwhile
        wall_offset_ns = time.time_ns() - time.monotonic_ns()
        sent_ns = round(start_time * NS_PER_S) - wall_offset_ns
        bounds = self._phases.bounds
        phase = Phase.DRAIN if sent_ns >= bounds.end_ns else bounds.phase(sent_ns)
        status = getattr(response, "status_code", 0) or 0
        headers = getattr(response, "headers", None) or {}
        self._rows.add(
            sent_ns,
            sent_ns,
            -1,
            sent_ns + round(response_time * NS_PER_MS),
            response_length,
            0,
            worker_number(headers.get(SERVED_BY) or ""),
            status,
            self._number(name),
            pack_phase_outcome(phase, outcome(status, exception)),
        )

    def stop(self, **_: Any) -> None:
        """Locust's test is over and its users are gone: leave rows and report."""
        if self._usage is None:
            return
        now_ns = time.monotonic_ns()
        self._usage.close(now_ns)
        self._rows.save(Path(self._order.rows_path))
        report = DriverReport(
            driver=client(self._environment),
            versions=versions(),
            spans=self._phases.until(now_ns),
            intended=len(self._rows),
            seconds=tuple(self._usage.seconds),
            connects=0,
            gc_collections=collections() - self._collections,
            dropped_timers=0,
            kernel_timestamps=False,
            warmup_end=self._phases.warmup_end,
            interrupted=now_ns < self._phases.bounds.end_ns,
            endpoints=tuple(self._names),
        )
        self._channel.done(self._order, report)
        self._environment.process_exit_code = self._channel.exit_code

    def _run(self, usage: SelfUsage) -> None:
        while (now_ns := time.monotonic_ns()) < self._phases.bounds.end_ns:
            self._phases.check(now_ns)
            usage.check(now_ns)
            gevent.sleep(min(CHECK_S, (self._phases.bounds.end_ns - now_ns) / NS_PER_S))
        self._runner.quit()

    def _number(self, name: str) -> int:
        if name not in self._names:
            if len(self._names) == MAX_NAMES:
                return MAX_NAMES - 1
            self._names.append(name)
        return self._names.index(name)


def outcome(status: int, exception: BaseException | None) -> Outcome:
    """Say what locust's event means: a response that a user marked as failed was a wrong body to him."""
    if exception is None:
        return Outcome.OK
    if status:
        return Outcome.STATUS if status >= 400 else Outcome.BODY
    kind = f"{type(exception).__name__}: {exception}".lower()
    if "timeout" in kind or "timed out" in kind:
        return Outcome.TIMEOUT
    return Outcome.REFUSED if "refused" in kind else Outcome.RESET


def client(environment: Environment) -> str:
    """Name the client whose cost and delays are in the numbers."""
    for kind in (FastHttpUser, HttpUser):
        if any(issubclass(user, kind) for user in environment.user_classes):
            return kind.__name__
    return ", ".join(user.__name__ for user in environment.user_classes)
