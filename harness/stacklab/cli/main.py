"""The program: verbs are found by name, and errors are printed in this one place."""

import difflib
import importlib
import keyword
import sys
import traceback
from collections.abc import Mapping
from functools import cache
from typing import Final

import click

from stacklab.cli.options.variables import name_variables
from stacklab.cli.show.manner import manner_options
from stacklab.errors import StacklabError
from stacklab.model.names import shown
from stacklab.version import __version__

VERBS: Final[Mapping[str, str]] = {
    "list": "List the stacks, scenarios and claims.",
    "doctor": "Report what this machine can and cannot measure.",
    "check": "Check that stacks implement the contract.",
    "run": "Measure stacks under scenarios.",
    "capacity": "Find the largest load under which a stack keeps a promise.",
    "count": "Count the instructions that a request takes.",
    "profile": "Record flamegraphs of stacks under load.",
    "report": "Render a session.",
    "reproduce": "Test published claims on this machine.",
    "compare": "Compare two sessions, or two stacks of one session.",
    "export": "Export a session for other programs.",
    "import": "Import numbers of other programs into the history.",
    "upgrade": "Judge what an upgrade does to your own app.",
    "gate": "Judge promises about a session.",
    "history": "Follow stacks over many sessions.",
    "query": "Select from the rows of all sessions with SQL.",
    "bundle": "Pack a session into one file that others can check.",
    "verify": "Check a bundle.",
    "calibrate": "Test the driver (the load generator) on this machine.",
    "init": "Create a workspace.",
}

READING: Final = frozenset({"report", "compare", "export", "import", "history", "query", "bundle", "verify"})
"""The verbs that read sessions and start nothing."""

OF_THE_WORKSPACE: Final = frozenset({"list", "init"})

TALKING: Final = frozenset({"run", "upgrade", "gate", "capacity", "count", "profile", "reproduce", "calibrate"})
"""The verbs that say something along the way."""

EXIT_BROKE: Final = 3
EXIT_INTERRUPTED: Final = 130


@cache
def _command(verb: str) -> click.Command:
    """The command of a verb, with what every command has: how it speaks, and its environment variables."""
    room = "read." if verb in READING else "" if verb in OF_THE_WORKSPACE else "measure."
    command: click.Command = importlib.import_module(f"stacklab.cli.verbs.{room}{_module(verb)}").verb
    manner_options(command, talks=verb in TALKING)
    name_variables(verb, command)
    return command


def _module(verb: str) -> str:
    """The module of a verb; no module can have the name of a keyword."""
    return f"{verb}_" if keyword.iskeyword(verb) else verb


class Verbs(click.Group):
    """Imports a verb when it is used: ``list`` need not wait for the charts of ``report``."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The verbs in the order in which they are used."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        """The command of a verb: the object ``verb`` of the module named after it."""
        if cmd_name not in VERBS:
            return None
        return _command(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb and what follows it. Raises click's UsageError with the verb that may have been meant."""
        if args[0] not in VERBS and not ctx.resilient_parsing and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], VERBS, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(VERBS)}"
            ctx.fail(f"no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's signature)
        """Print the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="stacklab")
def stacklab() -> None:
    """Measure which Python web stack serves your work best, and how far the numbers can be trusted.

    Start with `stacklab run --preset quick`, then `stacklab report`.
    """


def main() -> None:
    """Run the command line and exit: 0 fine, 1 the measurement says no, 2 wrong use, 3 stacklab broke, 130 Ctrl-C."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; gives the exit code."""
    try:
        outcome = stacklab.main(arguments, prog_name="stacklab", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except StacklabError as error:
        click.echo(f"stacklab: {shown(str(error))}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("stacklab: interrupted", err=True)
        return EXIT_INTERRUPTED
    except Exception:  # noqa: BLE001 (a defect of stacklab: say so, with everything that helps to mend it)
        click.echo(traceback.format_exc(), err=True)
        click.echo("stacklab: this is a defect of stacklab itself; the lines above say where", err=True)
        return EXIT_BROKE
    return outcome if isinstance(outcome, int) else 0
