"""The driver's side of its talk with the harness: one JSON object a line, over a socket pair.

driver → harness: ``ready`` · ``spans`` (the measured window is fixed) · ``done`` or ``failed`` with a reason.
harness → driver: ``go`` with the path of an order, or ``interleave`` with that of an order for several servers.
The end of the stream ends the driver at once.
"""

import json
import os
import socket
import time
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import gevent  # type: ignore[import-untyped] # gevent has no types

from stacklab.driver.control.channel import (
    LEAD_NS,
    MEASURE_LEAD_NS,
    read_order,
    read_sliced_order,
    write_report,
    write_reports,
)
from stacklab.driver.pacing.schedule import ALL_OF_IT, LoadShare
from stacklab.errors import UsageError
from stacklab.model.measured.record import DriverReport, PhaseSpan
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.slices import SlicedOrder
from stacklab.units import Nanoseconds

ABANDONED: Final = 3
"""Exit code of a driver whose harness is gone."""


class HarnessChannel:
    """Speaks through gevent's sockets: waiting here lets locust live."""

    exit_code: int | None = 0
    """Failed requests are a result: whether they are too many is not for locust's exit code to say."""

    def __init__(self, fd: int) -> None:
        """Take over the driver's end of the socket pair."""
        self._socket = socket.socket(fileno=fd)
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\n")
        self._watcher = gevent.Greenlet(self._watch)

    def order(self) -> tuple[Order | SlicedOrder, LoadShare]:
        """Say that locust is up; read the order when the harness names it."""
        self._say("ready")
        line = self._lines.readline()
        if not line:
            self._abandon()
        self._watcher.start()
        match json.loads(line):
            case {"event": "go", "order": str(path)}:
                return read_order(path), ALL_OF_IT
            case {"event": "interleave", "order": str(path)}:
                return read_sliced_order(path), ALL_OF_IT
        raise UsageError(f"the harness says {line.strip()!r} instead of 'go' with the path of an order")

    def start_ns(self) -> Nanoseconds:
        """Start at once."""
        return time.monotonic_ns() + LEAD_NS

    def measure_ns(self) -> Nanoseconds:
        """Measure as soon as the harness could have heard of it."""
        return time.monotonic_ns() + MEASURE_LEAD_NS

    def announce(self, spans: Sequence[PhaseSpan]) -> None:
        """Tell when the phases will be."""
        self._say(
            "spans",
            spans=[{"phase": span.phase, "start_ns": span.start_ns, "end_ns": span.end_ns} for span in spans],
        )

    def done(self, order: Order, report: DriverReport) -> None:
        """Write the report and say so; from now on the harness may leave."""
        if report.interrupted:
            self.failed("locust was stopped before all was sent")
            return
        write_report(order, report)
        self._watcher.kill()
        self._say("done")

    def done_interleaved(self, sliced: SlicedOrder, reports: Sequence[DriverReport]) -> None:
        """Write the reports and say so."""
        write_reports(sliced, reports)
        self._watcher.kill()
        self._say("done")

    def failed(self, reason: str) -> None:
        """Nothing was measured, and why."""
        self._watcher.kill()
        self._say("failed", reason=reason)

    def _say(self, event: str, **fields: Any) -> None:
        try:
            self._socket.sendall(json.dumps({"event": event} | fields).encode() + b"\n")
        except OSError:
            self._abandon()

    def _watch(self) -> None:
        """Wait for the end of the stream; whatever else comes is ignored."""
        while self._lines.readline():
            pass
        self._abandon()

    @staticmethod
    def _abandon() -> NoReturn:
        """Leave without clean-up: nobody is there to read what it would say."""
        os._exit(ABANDONED)
