"""The control channel of the driver: it brings the order and takes the report, of a command line or the harness."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from pydantic import ValidationError

from stacklab.adapters import adapter_of
from stacklab.driver.pacing.schedule import ALL_OF_IT, LoadShare
from stacklab.errors import UsageError
from stacklab.model.measured.record import DriverReport, PhaseSpan
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.slices import SlicedOrder
from stacklab.units import NS_PER_MS, NS_PER_S, Nanoseconds

LEAD_NS: Final = 5 * NS_PER_MS
"""From fixing the start to the start."""

MEASURE_LEAD_NS: Final = 50 * NS_PER_MS
"""From fixing the begin of the measured window to that: time to tell the harness, which looks at the machine then."""

logger = logging.getLogger(__name__)


class ControlChannel(Protocol):
    """Speaks once with the driver, in the order of these methods."""

    exit_code: int | None
    """Of a driver that did as it was told; None: locust decides, by whether requests failed."""

    def order(self) -> tuple[Order | SlicedOrder, LoadShare]:
        """Give the order, and say which part of its load to send. Raises ``UsageError`` for one that is not right."""

    def start_ns(self) -> Nanoseconds:
        """Fix the start: called when all is prepared and only time is missing."""

    def measure_ns(self) -> Nanoseconds | None:
        """Fix when the measured window begins, some ms ahead: called again and again from when the server is warm.

        None: other processes that share the load are not there yet.
        """

    def announce(self, spans: Sequence[PhaseSpan]) -> None:
        """Receive when warm-up and window are: at the start if that is known, else before the window begins."""

    def done(self, order: Order, report: DriverReport) -> None:
        """Take the report, which may be that of an interrupted load; the rows are written."""

    def done_interleaved(self, sliced: SlicedOrder, reports: Sequence[DriverReport]) -> None:
        """Take the reports on all servers; rows and slices are written."""

    def failed(self, reason: str) -> None:
        """Receive the reason why nothing was measured."""


class CommandLineChannel:
    """Locust stands alone: the order is the file that ``--order`` names."""

    exit_code: int | None = None

    def __init__(self, path: str | None) -> None:
        """Remember where the order is."""
        self._path = path

    def order(self) -> tuple[Order, LoadShare]:
        """Read the order."""
        if self._path is None:
            raise UsageError("there is nothing to send: name the file of an order with --order")
        return read_order(self._path), ALL_OF_IT

    def start_ns(self) -> Nanoseconds:
        """Start at once."""
        return time.monotonic_ns() + LEAD_NS

    def measure_ns(self) -> Nanoseconds:
        """Measure at once."""
        return time.monotonic_ns() + MEASURE_LEAD_NS

    def announce(self, spans: Sequence[PhaseSpan]) -> None:
        """Tell the log how long it takes."""
        warmup_s, measure_s = ((span.end_ns - span.start_ns) / NS_PER_S for span in spans)
        logger.info("warm-up of %.1f s, measured for %.1f s", warmup_s, measure_s)

    def done(self, order: Order, report: DriverReport) -> None:
        """Write the report and name the files."""
        write_report(order, report)
        if report.interrupted:
            logger.warning("stopped before all was sent: what was sent until then is kept")
        logger.info("%d requests are in %s, the report in %s", report.intended, order.rows_path, order.report_path)

    def done_interleaved(self, sliced: SlicedOrder, reports: Sequence[DriverReport]) -> None:
        """A command line has one server."""

    def failed(self, reason: str) -> None:
        """The log has it already."""


def read_order(path: str) -> Order:
    """Read and check an order."""
    order: Order = _read(path, Order)
    return order


def read_sliced_order(path: str) -> SlicedOrder:
    """Read and check an order for several servers."""
    sliced: SlicedOrder = _read(path, SlicedOrder)
    return sliced


def _read(path: str, kind: Any) -> Any:
    try:
        return adapter_of(kind).validate_json(Path(path).read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        # of a load that is wrong, pydantic also says why it is not one of the other kind
        other_kinds = {wrong["loc"][:-1] for wrong in error.errors() if wrong["type"] == "literal_error"}
        first = next((wrong for wrong in error.errors() if wrong["loc"][:2] not in other_kinds), error.errors()[0])
        raise UsageError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def write_reports(sliced: SlicedOrder, reports: Sequence[DriverReport]) -> None:
    """Leave the reports on all servers where the order wants them, as one list."""
    path = Path(sliced.order.report_path)
    path.write_bytes(adapter_of(tuple[DriverReport, ...]).dump_json(tuple(reports), indent=1))


def write_report(order: Order, report: DriverReport) -> None:
    """Leave the report where the order wants it."""
    Path(order.report_path).write_bytes(adapter_of(DriverReport).dump_json(report, indent=1))
