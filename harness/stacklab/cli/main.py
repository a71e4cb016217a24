"""The program: verbs are found by name, and errors are printed in this one place."""

import importlib
import sys
import traceback
from collections.abc import Mapping
from typing import Final

import click
from rich.console import Console

from stacklab import __version__
from stacklab.errors import StacklabError

VERBS: Final[Mapping[str, str]] = {
    "list": "what there is: stacks, scenarios and claims",
    "doctor": "what this machine can and cannot measure",
    "check": "boot stacks, ask the contract, print every mismatch, stop",
    "run": "measure stacks under scenarios",
    "profile": "flamegraphs of stacks under load",
    "report": "render a session",
    "reproduce": "published claims, put to the test here",
    "compare": "two sessions, or two stacks of one, with a verdict on every difference",
    "export": "a session's latencies as HdrHistogram files",
    "calibrate": "the driver's own ceiling and fidelity on this machine",
    "init": "make a workspace of one's own",
}

EXIT_BROKE: Final = 3
EXIT_INTERRUPTED: Final = 130


class Verbs(click.Group):
    """Imports a verb when it is used: ``list`` need not wait for the charts of ``report``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The verbs in the order in which they are used."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        """The command of a verb: the object ``verb`` of the module named after it."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"stacklab.cli.verbs.{cmd_name}").verb
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's signature)
        """Print the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stacklab")
def stacklab() -> None:
    """Say which Python web stack serves your work best, and how far the numbers can be believed.

    Start with `stacklab run --preset quick`, then `stacklab report`.
    """


def main() -> None:
    """Run the command line and exit: 0 fine, 1 the measurement says no, 2 wrong use, 3 stacklab broke, 130 Ctrl-C."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; gives the exit code."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        outcome = stacklab.main(arguments, prog_name="stacklab", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except StacklabError as error:
        console.print(f"stacklab: {error}", markup=False)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        console.print("stacklab: interrupted", markup=False)
        return EXIT_INTERRUPTED
    except Exception:  # noqa: BLE001 (a defect of stacklab: say so, with everything that helps to mend it)
        console.print(traceback.format_exc(), markup=False)
        console.print("stacklab: stacklab itself broke; the lines above say where", markup=False)
        return EXIT_BROKE
    return outcome if isinstance(outcome, int) else 0
