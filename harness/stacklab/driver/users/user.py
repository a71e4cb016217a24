"""``ReactorUser``: the locust user that sends an order's load, and the options by which locust gets the order."""

import logging
from argparse import Namespace
from collections.abc import Callable
from platform import python_version
from typing import Any, Final

import gevent  # type: ignore[import-untyped] # gevent has no types
import httptools
import locust
from locust import User, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import MasterRunner, Runner, WorkerRunner

from stacklab.driver.control.channel import CommandLineChannel, ControlChannel
from stacklab.driver.control.harness import HarnessChannel
from stacklab.driver.control.processes import Coordinator, MasterChannel
from stacklab.driver.drive import drive
from stacklab.driver.interleave import interleave
from stacklab.driver.pacing.schedule import LoadShare
from stacklab.driver.users.stats import LocustStats
from stacklab.errors import StacklabError
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.slices import SlicedOrder

READABLE: Final = 1
"""gevent's event mask."""

logger = logging.getLogger(__name__)


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator] # locust's hooks have no types
def add_options(parser: LocustArgumentParser) -> None:
    """Add the two ways to get an order."""
    group = parser.add_argument_group("stacklab")
    group.add_argument("--order", metavar="FILE", help="the order to send, as JSON")
    group.add_argument("--control-fd", metavar="N", type=int, help="the socket over which the harness talks")


def channel_of(options: Namespace) -> ControlChannel:
    """Return who gives the order in a locust of one process, or in its master."""
    return CommandLineChannel(options.order) if options.control_fd is None else HarnessChannel(options.control_fd)


class ReactorUser(User):
    """One user is one reactor: the connections of an order are its own, however many they are."""

    abstract = True

    @task
    def send_order(self) -> None:
        """Send the order's load once, leave rows and report, and end locust."""
        runner, options = self.environment.runner, self.environment.parsed_options
        channel: ControlChannel = MasterChannel(runner) if isinstance(runner, WorkerRunner) else channel_of(options)
        try:
            order, share = channel.order()
            if isinstance(order, SlicedOrder):
                interleave(order, channel, waiter=hub_waiter, versions=versions())
            else:
                self._drive(order, share, channel)
            self.environment.process_exit_code = channel.exit_code
        except StacklabError as error:
            self._fail(channel, str(error))
        except Exception as error:
            logger.exception("the driver broke")
            self._fail(channel, f"the driver broke: {type(error).__name__}: {error}")
        self.environment.runner.quit()
        raise StopUser

    def _drive(self, order: Order, share: LoadShare, channel: ControlChannel) -> None:
        live = not self.environment.parsed_options.only_summary
        stats = LocustStats(self.environment.stats, order.shots, live=live)
        drive(order, share, channel, waiter=hub_waiter, versions=versions(), listener=stats)

    def _fail(self, channel: ControlChannel, reason: str) -> None:
        logger.error("%s", reason)
        self.environment.process_exit_code = 1
        channel.failed(reason)


@events.init.add_listener  # type: ignore[untyped-decorator] # locust's hooks have no types
def start_coordinator(environment: Environment, runner: Runner, **_: Any) -> None:
    """In locust's master no user runs: a coordinator does, if the users of its workers are reactors."""
    reactors = [user for user in environment.user_classes if issubclass(user, ReactorUser)]
    options = environment.parsed_options
    if reactors and options is not None and isinstance(runner, MasterRunner):
        coordinator = Coordinator(runner, channel_of(options), processes=options.num_users or 1)
        runner.greenlet.spawn(coordinator.run)


def hub_waiter(fd: int) -> Callable[[], None]:
    """Return what waits for ``fd`` to be readable while locust's other greenlets run."""
    hub = gevent.get_hub()
    watcher = hub.loop.io(fd, READABLE)
    return lambda: hub.wait(watcher)


def versions() -> dict[str, str]:
    """Name what takes part in sending, each with its version as it is loaded."""
    return {
        "python": python_version(),
        "locust": locust.__version__,
        "gevent": gevent.__version__,
        "httptools": httptools.__version__,
    }
