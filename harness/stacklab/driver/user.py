"""``ReactorUser``: the locust user that sends an order's load. The only module that imports locust."""

import logging
from collections.abc import Callable
from pathlib import Path
from platform import python_version

import gevent  # type: ignore[import-untyped] # gevent has no types
import httptools
import locust
from locust import User, events, task
from locust.argument_parser import LocustArgumentParser
from locust.exception import StopUser
from pydantic import TypeAdapter, ValidationError

from stacklab.driver.control import Control
from stacklab.driver.drive import drive
from stacklab.driver.stats import LocustStats
from stacklab.errors import StacklabError, UsageError
from stacklab.model.order import Order
from stacklab.model.record import DriverReport, PhaseSpan
from stacklab.units import NS_PER_S

READABLE = 1
"""gevent's event mask."""

logger = logging.getLogger(__name__)


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator] # locust's hooks have no types
def add_options(parser: LocustArgumentParser) -> None:
    """Add what the reactor needs to locust's command line."""
    group = parser.add_argument_group("stacklab")
    group.add_argument("--order", metavar="FILE", help="the order to send, as JSON")
    group.add_argument("--control-fd", metavar="N", type=int, help="the socket over which the harness talks")


class ReactorUser(User):
    """One user is one reactor: the connections of an order are its own, however many they are."""

    abstract = True

    @task
    def send_order(self) -> None:
        """Send the order's load once, leave rows and report, and end locust."""
        options = self.environment.parsed_options
        control = None if options.control_fd is None else Control(options.control_fd)
        try:
            order = read_order(options.order if control is None else control.wait_for_order())
            report = drive(
                order,
                waiter=hub_waiter,
                announce=control.announce if control else log_spans,
                versions=versions(),
                audience=LocustStats(self.environment.stats, order.shots, live=not options.only_summary),
            )
            Path(order.report_path).write_bytes(TypeAdapter(DriverReport).dump_json(report, indent=1))
        except Exception as error:  # whatever it was, locust would log it and run the task again
            reason = str(error) if isinstance(error, StacklabError) else f"{type(error).__name__}: {error}"
            logger.exception(reason)
            self.environment.process_exit_code = 1
            if control is not None:
                control.failed(reason)
        else:
            logger.info("%d requests are in %s, the report in %s", report.intended, order.rows_path, order.report_path)
            if control is not None:
                # failed requests are a result: whether they are too many is not for locust's exit code to say
                self.environment.process_exit_code = 0
                control.done()
        self.environment.runner.quit()
        raise StopUser


def read_order(path: str | None) -> Order:
    """Read and check an order."""
    if path is None:
        raise UsageError("nothing to send: give the path of an order with --order")
    try:
        return TypeAdapter(Order).validate_json(Path(path).read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def hub_waiter(fd: int) -> Callable[[], None]:
    """Return what waits for ``fd`` to be readable while locust's other greenlets run."""
    hub = gevent.get_hub()
    watcher = hub.loop.io(fd, READABLE)
    return lambda: hub.wait(watcher)


def log_spans(spans: tuple[PhaseSpan, ...]) -> None:
    """Nobody waits for them when locust stands alone."""
    logger.info("measuring for %.1f s", (spans[-1].end_ns - spans[0].start_ns) / NS_PER_S)


def versions() -> dict[str, str]:
    """Name what takes part in sending."""
    return {
        "python": python_version(),
        "locust": locust.__version__,
        "gevent": gevent.__version__,
        "httptools": httptools.__version__,
    }
