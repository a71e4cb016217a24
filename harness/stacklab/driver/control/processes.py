"""Several driver processes share one load: ``--processes``, or ``--master`` and ``--worker``, on one machine.

Each of ``--users N`` is a reactor in a process of its own. The coordinator, in locust's master, has the order, hands
every reactor its share, fixes one start for all (CLOCK_MONOTONIC is the same for all processes of a machine, and of no
two machines), and joins their rows and reports. Where a test ends the warm-up, each reactor applies it to its own rows,
and the measured window begins when all of them are warm. Their messages, in this sequence:

worker → master: ``ready`` · ``prepared`` · ``warm`` · ``done`` or ``failed``.
master → worker: ``order`` · ``start`` · ``measure``.
"""

import logging
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from gevent.queue import Empty, Queue  # type: ignore[import-untyped] # gevent has no types
from locust.rpc import Message
from locust.runners import MasterRunner, WorkerRunner

from stacklab.adapters import adapter_of
from stacklab.driver.control.channel import ControlChannel
from stacklab.driver.control.merge import join, joined
from stacklab.driver.pacing.schedule import LoadShare, pool_size
from stacklab.errors import StacklabError, UsageError
from stacklab.model.measured.record import DriverReport, Phase, PhaseSpan
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.slices import SlicedOrder
from stacklab.units import NS_PER_MS, Nanoseconds, ns_from_s

CHANNEL: Final = "stacklab"
"""The type of all our messages between locust's processes."""

LEAD_NS: Final = 200 * NS_PER_MS
"""From fixing a time to the time: enough to tell every process, which may be busy sending."""

CHECK_S: Final = 1.0
"""How often silent processes are checked."""

ENDED: Final = "Z"
"""The state of a process that nobody has waited for."""

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")

logger = logging.getLogger(__name__)


class MasterChannel:
    """The coordinator as a worker sees it."""

    exit_code: int | None = 0

    def __init__(self, runner: WorkerRunner) -> None:
        """Listen."""
        self._runner = runner
        self._inbox: Queue[dict[str, Any]] = Queue()
        self._is_warm = False
        runner.register_message(CHANNEL, lambda msg, **_: self._inbox.put(msg.data))

    def order(self) -> tuple[Order, LoadShare]:
        """Report for duty and get a share, whose rows go to a file of their own."""
        self._say("ready", boot=BOOT_ID.read_text(encoding="ascii"), pid=os.getpid())
        message = self._inbox.get()
        share = LoadShare(message["index"], message["processes"])
        return _part(adapter_of(Order).validate_json(message["order"]), share.index), share

    def start_ns(self) -> Nanoseconds:
        """Wait for the others."""
        self._say("prepared")
        start_ns: Nanoseconds = self._inbox.get()["start_ns"]
        return start_ns

    def measure_ns(self) -> Nanoseconds | None:
        """Say once that this process is warm, and look whether all are."""
        if not self._is_warm:
            self._is_warm = True
            self._say("warm")
        if self._inbox.empty():
            return None
        measure_ns: Nanoseconds = self._inbox.get()["measure_ns"]
        return measure_ns

    def announce(self, spans: Sequence[PhaseSpan]) -> None:
        """The coordinator knows: it fixed them."""

    def done(self, order: Order, report: DriverReport) -> None:  # noqa: ARG002 (the coordinator knows the order)
        """Send the report; the rows stay where they are until the coordinator joins them."""
        self._say("done", report=adapter_of(DriverReport).dump_json(report).decode())
        if not report.interrupted:
            # locust's quit comes from the coordinator, when the others are done too
            self._inbox.get()

    def done_interleaved(self, sliced: SlicedOrder, reports: Sequence[DriverReport]) -> None:
        """Several processes share one server's load, and never slices."""

    def failed(self, reason: str) -> None:
        """Say why."""
        self._say("failed", reason=reason)

    def _say(self, event: str, **fields: Any) -> None:
        self._runner.send_message(CHANNEL, {"event": event} | fields)


class Coordinator:
    """Runs in locust's master, which has no users of its own."""

    def __init__(self, runner: MasterRunner, channel: ControlChannel, *, processes: int) -> None:
        """Listen to as many reactors as there are users."""
        self._runner = runner
        self._channel = channel
        self._processes = processes
        self._inbox: Queue[Message] = Queue()
        self._pids: dict[str, int] = {}
        """Of the reactors that are not done yet, by their names in locust."""
        self._reports: list[DriverReport] = []
        runner.register_message(CHANNEL, lambda msg, **_: self._inbox.put(msg))

    def run(self) -> None:
        """Have the order sent by all, and end locust."""
        environment = self._runner.environment
        try:
            order, _ = self._channel.order()
            if isinstance(order, SlicedOrder):
                raise UsageError("several processes cannot share slices of load: start one driver process")  # noqa: TRY301 (told like all others)
            report = self._have_sent(order)
            self._channel.done(order, report)
        except StacklabError as error:
            self._fail(str(error))
        except Exception as error:
            logger.exception("the coordinator broke")
            self._fail(f"the coordinator broke: {type(error).__name__}: {error}")
        else:
            environment.process_exit_code = self._channel.exit_code
        self._runner.quit()

    def _fail(self, reason: str) -> None:
        logger.error("%s", reason)
        self._runner.environment.process_exit_code = 1
        self._channel.failed(reason)

    def _have_sent(self, order: Order) -> DriverReport:
        if self._processes > pool_size(order.load):
            raise UsageError(f"connections: {order.load.connections} cannot be shared by {self._processes} processes")
        ready = self._hear("ready")
        here = BOOT_ID.read_text(encoding="ascii")
        if any(message.data["boot"] != here for message in ready):
            raise UsageError("a worker runs on another machine, whose clock is not ours: start all of them on this one")
        workers = [message.node_id for message in ready]
        if len(set(workers)) < len(workers):
            raise UsageError("two users share a process: give --users and --processes the same number")
        self._pids = {message.node_id: message.data["pid"] for message in ready}
        for index, worker in enumerate(workers):
            self._say(worker, order=adapter_of(Order).dump_json(order).decode(), index=index, processes=self._processes)

        self._hear("prepared")
        start_ns = time.monotonic_ns() + LEAD_NS
        measure_ns = start_ns + ns_from_s(order.warmup_s)
        for worker in workers:
            self._say(worker, start_ns=start_ns)
        if order.plateau is not None:
            self._hear("warm")
            measure_ns = time.monotonic_ns() + LEAD_NS
            for worker in workers:
                self._say(worker, measure_ns=measure_ns)
        self._channel.announce(
            (
                PhaseSpan(phase=Phase.WARMUP, start_ns=start_ns, end_ns=measure_ns),
                PhaseSpan(phase=Phase.MEASURE, start_ns=measure_ns, end_ns=measure_ns + ns_from_s(order.measure_s)),
            )
        )

        self._hear("done")
        parts = [_part(order, index) for index in range(self._processes)]
        join([Path(part.rows_path) for part in parts], Path(order.rows_path))
        if order.has_chunks:
            join([Path(part.chunks_path) for part in parts], Path(order.chunks_path))
        return joined(self._reports)

    def _hear(self, event: str) -> list[Message]:
        """Wait until every reactor has said this, or is done: one that locust stops is done early."""
        messages: list[Message] = []
        while len(messages) + len(self._reports) < self._processes:
            try:
                message = self._inbox.get(timeout=CHECK_S)
            except Empty:
                self._insist_alive()
                continue
            if message.data["event"] == "failed":
                raise StacklabError(message.data["reason"])
            if message.data["event"] == "done":
                self._reports.append(adapter_of(DriverReport).validate_json(message.data["report"]))
                del self._pids[message.node_id]
            elif message.data["event"] == event:
                messages.append(message)
        return messages

    def _insist_alive(self) -> None:
        """What a process that was killed would have said will never come."""
        for pid in self._pids.values():
            try:
                state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2]
            except (FileNotFoundError, ProcessLookupError):
                state = ENDED
            if state.split()[0] == ENDED:
                raise StacklabError(f"process {pid} of the driver ended before it was done: was it killed?")

    def _say(self, worker: str, **fields: Any) -> None:
        self._runner.send_message(CHANNEL, fields, client_id=worker)


def _part(order: Order, index: int) -> Order:
    """The same order, with the rows of one process in a file beside those of all."""
    return replace(order, rows_path=f"{order.rows_path}.{index}")
