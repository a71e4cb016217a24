"""Starting the driver, which is locust in a process of its own, and talking with it.

Over one end of a socket pair, one JSON object a line:

==========  ==================================================  =================================
who         says                                                when
==========  ==================================================  =================================
driver      ``{"event": "ready"}``                              locust has started, nothing is sent
harness     ``{"event": "go", "order": PATH}``                  the server is verified
driver      ``{"event": "spans", "spans": [PhaseSpan, …]}``     the measured window is fixed
driver      ``{"event": "done"}``                               rows and report are written
driver      ``{"event": "failed", "reason": SENTENCE}``         instead of the last two
==========  ==================================================  =================================
"""

import json
import os
import socket
import sys
from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pydantic import ValidationError

from stacklab.adapters import adapter_of
from stacklab.effects.clock import now_ns
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.errors import StageError
from stacklab.model.measured.record import DriverReport, PhaseSpan
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.slices import FEWEST_SWEEPS, LONGEST_S, SlicedOrder
from stacklab.units import NS_PER_S, Nanoseconds, Seconds, ns_from_s

SLOWEST_SWEEPS: Final = 3
"""How many times longer than planned the slices of a server may take: each lasts until its last response."""

DRIVER: Final = "stacklab.driver"
"""Locust's command line, which with this name records the requests of plain locustfiles too."""

START_S: Final[Seconds] = 30.0
"""From the start of locust to its ``ready``: 0.7 s of imports, on a machine that may be busy."""

OVERTIME_S: Final[Seconds] = 30.0
"""How much longer than its schedule the driver may take before it counts as mute."""

LAST_WORDS_S: Final[Seconds] = 5.0
"""Between the end of the driver's socket and the exit code of the driver."""


class Driver:
    """A locust that waits for orders; a context manager that ends it."""

    def __init__(self, child: Child, control: socket.socket) -> None:
        self._child = child
        self._control = control
        self._unread = b""
        self._is_ready = False

    @classmethod
    def start(
        cls,
        supervisor: Supervisor,
        *,
        locustfile: Path,
        log: Path,
        users: int = 1,
        cpus: Collection[int] | None = None,
    ) -> Self:
        """Start locust and return at once: its imports take their time while the server boots."""
        control, theirs = socket.socketpair()
        with ExitStack() as undo, theirs:
            undo.enter_context(control)
            argv = (sys.executable, "-m", DRIVER, "-f", str(locustfile.resolve()), "--headless", "--only-summary")
            child = supervisor.spawn(
                [*argv, "--users", str(users), "--spawn-rate", str(users), "--control-fd", str(theirs.fileno())],
                name="driver",
                log=log,
                cwd=log.parent,  # away from a locust.conf or pyproject.toml of the user, which locust would obey
                env=_environment(),
                cpus=cpus,
                pass_fds=(theirs.fileno(),),
            )
            undo.pop_all()
        return cls(child, control)

    def __enter__(self) -> Self:
        """Nothing to do: it has been started."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it."""
        self._control.close()
        self._child.stop()

    @property
    def pid(self) -> int:
        """Process id of locust."""
        return self._child.pid

    def wait_until_ready(self, deadline_s: Seconds = START_S) -> None:
        """Return when locust has started, at once the second time. Raises StageError if it cannot."""
        if not self._is_ready:
            self._hear("ready", now_ns() + ns_from_s(deadline_s))
            self._is_ready = True

    def drive(
        self,
        order: Order,
        order_path: Path,
        *,
        on_spans: Callable[[tuple[PhaseSpan, ...]], None],
        deadline_s: Seconds | None = None,
    ) -> DriverReport:
        """Have the load of one order sent, and return what the driver says of it.

        ``on_spans`` is called before the measured window begins, with the times at which the phases begin and end:
        before the first request, unless a test ends the warm-up. ``deadline_s`` None: what the order takes, and some
        more.
        """
        self.wait_until_ready()
        schedule_s = order.warmup_at_most_s + order.measure_s + order.drain_s + order.timeout_s
        deadline_ns = now_ns() + ns_from_s(schedule_s + OVERTIME_S if deadline_s is None else deadline_s)
        order_path.write_bytes(adapter_of(Order).dump_json(order, indent=2))
        self._say(event="go", order=str(order_path.resolve()))
        on_spans(self._spans(self._hear("spans", deadline_ns)))
        self._hear("done", deadline_ns)
        try:
            report: DriverReport = adapter_of(DriverReport).validate_json(Path(order.report_path).read_bytes())
        except (OSError, ValidationError) as error:
            raise self._failure("it left no report that can be read") from error
        return report

    def interleave(
        self, sliced: SlicedOrder, order_path: Path, *, on_begin: Callable[[], None]
    ) -> tuple[DriverReport, ...]:
        """Have the load of one order sent to all of its servers in turn, and return a report on each.

        ``on_begin`` is called when all are warm.
        """
        self.wait_until_ready()
        order = sliced.order
        each_s = (
            order.warmup_s
            + order.drain_s
            + max(order.measure_s * SLOWEST_SWEEPS, FEWEST_SWEEPS * (LONGEST_S + order.drain_s))
        )
        deadline_ns = now_ns() + ns_from_s(len(sliced.targets) * each_s + order.timeout_s + OVERTIME_S)
        order_path.write_bytes(adapter_of(SlicedOrder).dump_json(sliced, indent=2))
        self._say(event="interleave", order=str(order_path.resolve()))
        self._hear("spans", deadline_ns)
        on_begin()
        self._hear("done", deadline_ns)
        try:
            reports: tuple[DriverReport, ...] = adapter_of(tuple[DriverReport, ...]).validate_json(
                Path(order.report_path).read_bytes()
            )
        except (OSError, ValidationError) as error:
            raise self._failure("it left no reports that can be read") from error
        return reports

    def _spans(self, message: dict[str, Any]) -> tuple[PhaseSpan, ...]:
        """When the phases are, as the driver says."""
        try:
            spans: tuple[PhaseSpan, ...] = adapter_of(tuple[PhaseSpan, ...]).validate_python(message.get("spans"))
        except ValidationError as error:
            raise self._failure("it does not say when its phases are") from error
        return spans

    def _say(self, **message: str) -> None:
        """Send one message; a driver that is dead is noticed when it is listened to."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._control.sendall(json.dumps(message).encode() + b"\n")

    def _hear(self, event: str, deadline_ns: Nanoseconds) -> dict[str, Any]:
        """The next message, which must be this event. Raises StageError if it is not."""
        line = self._line(deadline_ns)
        try:
            message: dict[str, Any] = json.loads(line)
            said = message["event"]
        except (ValueError, TypeError, KeyError):
            message, said = {}, repr(line[:80])
        if said == "failed":
            raise self._failure(message.get("reason", "it gave no reason"))
        if said != event:
            raise self._failure(f"it said {said} instead of {event}")
        return message

    def _line(self, deadline_ns: Nanoseconds) -> bytes:
        """The next line. Raises StageError if the driver dies, or is silent until the deadline."""
        while b"\n" not in self._unread:
            self._control.settimeout(max(0.001, (deadline_ns - now_ns()) / NS_PER_S))
            try:
                heard = self._control.recv(65536)
            except TimeoutError:
                raise self._failure("it has been silent for too long") from None
            except ConnectionResetError:
                heard = b""
            if not heard:
                raise self._failure(f"it ended with exit code {self._child.wait(LAST_WORDS_S)}")
            self._unread += heard
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _failure(self, reason: str) -> StageError:
        return StageError(f"the driver failed: {reason}", log_tail=self._child.tail())


def _environment() -> dict[str, str]:
    """The harness's own environment without what would change locust or its start (0.5 s more if nothing is cached).

    Options that were given as variables stay with the harness, because they may be secrets.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LOCUST_", "STACKLAB_"))
        and not name.lower().endswith("_proxy")
        and name != "PYTHONDONTWRITEBYTECODE"
    }
