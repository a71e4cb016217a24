"""The driver's side of its talk with the harness: one JSON object a line, over a socket pair.

driver → harness: ``ready`` · ``spans`` (the start is fixed, a few ms ahead) · ``done`` or ``failed`` with a reason.
harness → driver: ``go`` with the path of the order. The end of the stream ends the driver at once.
"""

import json
import os
import socket
from collections.abc import Sequence
from typing import Any, NoReturn

import gevent  # type: ignore[import-untyped] # gevent has no types

from stacklab.errors import UsageError
from stacklab.model.record import PhaseSpan

ABANDONED = 3
"""Exit code of a driver whose harness is gone."""


class Control:
    """Speaks through gevent's sockets: waiting here lets locust live."""

    def __init__(self, fd: int) -> None:
        self._socket = socket.socket(fileno=fd)
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\n")

    def wait_for_order(self) -> str:
        """Say that locust is up; return the path of the order when the harness sends it."""
        self._say("ready")
        line = self._lines.readline()
        if not line:
            self._abandon()
        match json.loads(line):
            case {"event": "go", "order": str(path)}:
                gevent.spawn(self._watch)
                return path
        raise UsageError(f"the control channel says {line.strip()!r} instead of 'go' with the path of an order")

    def announce(self, spans: Sequence[PhaseSpan]) -> None:
        """Tell when the phases will be."""
        self._say(
            "spans",
            spans=[{"phase": span.phase, "start_ns": span.start_ns, "end_ns": span.end_ns} for span in spans],
        )

    def done(self) -> None:
        """Rows and report are written."""
        self._say("done")

    def failed(self, reason: str) -> None:
        """Nothing was measured, and why."""
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
