"""What stacklab adds to locust's command line."""

from argparse import Namespace

from locust import events
from locust.argument_parser import LocustArgumentParser

from stacklab.driver.control.channel import CommandLineChannel, ControlChannel
from stacklab.driver.control.harness import HarnessChannel


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator] # locust's hooks have no types
def add_options(parser: LocustArgumentParser) -> None:
    """Add the two ways to get an order."""
    group = parser.add_argument_group("stacklab")
    group.add_argument("--order", metavar="FILE", help="the order to send, as JSON")
    group.add_argument("--control-fd", metavar="N", type=int, help="the socket over which the harness talks")


def channel_of(options: Namespace) -> ControlChannel:
    """Return who gives the order in a locust of one process, or in its master."""
    return CommandLineChannel(options.order) if options.control_fd is None else HarnessChannel(options.control_fd)
