"""The options that several verbs share, and what they decide: which machine to measure on, with which cores."""

import math
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import click
from click.core import ParameterSource

from stacklab.catalog.workspace import Workspace, find, reference
from stacklab.cli.options.axes import NOTHING, Asked
from stacklab.effects.backends.backend import Backends
from stacklab.effects.environments.folders import cache, scratch
from stacklab.effects.machine.host import assign_cpus, read_cpus
from stacklab.effects.processes.supervisor import Supervisor
from stacklab.effects.wire.verify import COUNT
from stacklab.environments import EnvironmentStrategy, StackEnvironments
from stacklab.errors import UsageError
from stacklab.hosting.environments import COUNTER, OverlayEnvironments
from stacklab.machine import Machine
from stacklab.model.own_app import Hosting
from stacklab.model.traffic.exchange import Exchange

Command = TypeVar("Command", bound=Callable[..., Any])

MAX_SEED_BITS = 32


class Cpus(click.ParamType[tuple[int, ...]]):
    """Processor numbers: ``0``, ``0,2`` or ``0-3``."""

    name = "cpus"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Turn the text into numbers, in order and without repetition."""
        if isinstance(value, tuple):
            return value
        chosen: set[int] = set()
        for part in str(value).split(","):
            named = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", part)
            numbers = () if named is None else range(int(named[1]), int(named[2] or named[1]) + 1)
            if not numbers:
                self.fail(f"{value!r} is not a list of processors such as 0,2-3", param, ctx)
            chosen |= set(numbers)
        return tuple(sorted(chosen))


class Finite(click.FloatRange):
    """A number within a range, and never infinite."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Turn the text into a number."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


ABOVE_ZERO: Final = Finite(min=0, min_open=True)


class Share(click.ParamType[float]):
    """A share of one: ``3%`` or ``0.03``."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Turn the text into a number between 0 and 1."""
        if isinstance(value, float):
            return value
        text = str(value)
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = 0.0
        if not 0 < share < 1:
            self.fail(f"{value!r} is not a share such as 3% or 0.03", param, ctx)
        return share


def selection(command: Command) -> Command:
    """Which stacks and scenarios."""
    for option in (
        click.option("--scenario", "scenarios", multiple=True, metavar="GLOB", help="Scenarios by name or glob."),
        click.option("--stack", "stacks", multiple=True, metavar="GLOB", help="Stacks by name or glob; repeatable."),
    ):
        command = option(command)
    return command


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Where servers and driver run, as far as the options say; None: as stacklab chooses."""

    server_cpus: tuple[int, ...] | None = None
    driver_cpus: tuple[int, ...] | None = None
    port: int | None = None
    postgres: str | None = None
    """The DSN of a PostgreSQL of the user's own."""


_CPUS: Final = (
    click.option("--driver-cpus", type=Cpus(), help="Processors of the driver."),
    click.option("--server-cpus", type=Cpus(), help="Processors of the server."),
)


def cpu_options(command: Command) -> Command:
    """Which processors are whose; the command gets it as ``placement``."""
    return _placed(command, *_CPUS)


def machine_options(command: Command) -> Command:
    """Where and with what the servers run; the command gets it as ``placement``."""
    return _placed(
        command,
        click.option("--port", type=click.IntRange(1, 65535), help="One fixed port; by default a free one each time."),
        *_CPUS,
        click.option(
            "--postgres", metavar="DSN", help="A PostgreSQL of your own, instead of one that is started when needed."
        ),
    )


def _placed(command: Command, *options: Callable[[Any], Any]) -> Command:
    @wraps(command)
    def placed(
        *,
        server_cpus: tuple[int, ...] | None,
        driver_cpus: tuple[int, ...] | None,
        port: int | None = None,
        postgres: str | None = None,
        **rest: Any,
    ) -> Any:
        placement = Placement(server_cpus=server_cpus, driver_cpus=driver_cpus, port=port, postgres=postgres)
        return command(placement=placement, **rest)

    for option in options:
        option(placed)
    return cast("Command", placed)


repeat_option = click.option(
    "--repeat-disturbed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="How often a run is repeated that something else disturbed.",
)

results_option = click.option(
    "--results", type=click.Path(path_type=Path, file_okay=False), help="Where sessions lie; by default `results`."
)


@contextmanager
def machine(
    workspace: Workspace,
    placement: Placement,
    *,
    python: str | None = None,
    asked: Asked = NOTHING,
    hosting: Hosting | None = None,
) -> Iterator[Machine]:
    """This machine, ready to measure: the app that ``hosting`` says, or stacks.

    The harness itself moves to the driver's cores, out of the server's way.
    """
    for_server, for_driver = assign_cpus(read_cpus(), server=placement.server_cpus, driver=placement.driver_cpus)
    os.sched_setaffinity(0, for_driver)
    with scratch() as folder, Supervisor() as supervisor, ExitStack() as ending:
        backends = Backends(
            supervisor=supervisor,
            folder=folder,
            cache=cache(),
            programs=reference() / "targets" / "backends",
            cpus=tuple(sorted(for_driver)),
            dsn=placement.postgres,
        )
        ending.callback(backends.close)
        environments: EnvironmentStrategy = StackEnvironments(
            workspace=workspace,
            cache=cache() / "environments",
            temporary=folder / "environments",
            python=python,
            interpreters=asked.interpreters,
            sources=asked.sources,
        )
        counter: Exchange | None = COUNT
        if hosting is not None:
            environments = OverlayEnvironments(hosting=hosting, workspace=workspace, cache=cache() / "overlays")
            counter = COUNTER if hosting.count else None
        yield Machine(
            workspace=workspace,
            supervisor=supervisor,
            folder=folder,
            environments=environments,
            server_cpus=tuple(sorted(for_server)),
            driver_cpus=tuple(sorted(for_driver)),
            backends=backends,
            port=placement.port,
            counter=counter,
            secrets={} if hosting is None else hosting.secrets,
        )


def require_no_plan(*names: str) -> None:
    """Of a session that has its plan: raise UsageError where one of these parameters was given, and would change it."""
    context = click.get_current_context()
    given = {name for name in names if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    for parameter in context.command.params:
        if parameter.name in given:
            named = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.make_metavar(context)
            raise UsageError(f"{named} does not go with --resume: the session has its plan; leave it out")


def called(session: Path) -> str:
    """How the next command names a session: by its name where it is looked for from here, else by its folder."""
    return session.name if session.resolve().parent == find(Path.cwd()).results.resolve() else str(session)


def chosen_seed(seed: int | None) -> int:
    """The seed that was asked for, or one drawn now; it is stored either way."""
    return secrets.randbits(MAX_SEED_BITS) if seed is None else seed
