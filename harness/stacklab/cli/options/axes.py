"""Which stacks under which scenarios, and what is varied of them: ``--with``, ``--vary`` and ``--python``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Any, Final, cast

import click

from stacklab.catalog import requirements
from stacklab.catalog.requirements import Wanted
from stacklab.catalog.variants import Axes
from stacklab.cli.options import completion
from stacklab.cli.options.fields import Command, declared, options_of
from stacklab.cli.options.redaction import requirement, without_folder
from stacklab.cli.options.types import SettingValues
from stacklab.errors import UsageError
from stacklab.model.plan import Plan
from stacklab.model.stack import PLACE, VERSION


class Requirements(click.ParamType[tuple[Wanted, ...]]):
    """One requirement, or several that belong together."""

    name = "requirements"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Wanted, ...]:
        """Read the text."""
        if isinstance(value, tuple):
            return value
        try:
            return requirements.parse(str(value), here=Path.cwd())
        except ValueError as error:
            self.fail(str(error), param, ctx)


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Names or globs; none of them selects everything."""

    stacks: tuple[str, ...] = declared(
        "--stack",
        multiple=True,
        metavar="GLOB",
        kept=without_folder,
        shell_complete=completion.stacks,
        help="Select stacks by name or glob; repeatable.",
    )
    scenarios: tuple[str, ...] = declared(
        "--scenario",
        multiple=True,
        metavar="GLOB",
        kept=without_folder,
        shell_complete=completion.scenarios,
        help="Select scenarios by name or glob; repeatable.",
    )


selection_options = options_of(Selection, "selection", planned=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestedAxes:
    """What is to be varied, and where on this machine that lies."""

    axes: Axes = field(default_factory=Axes)
    interpreters: Mapping[str, Path] = field(default_factory=dict)
    """By their words in a plan: those that were named by a path."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """By what a plan keeps of them: URLs that name a folder of this machine, or who may fetch them."""
    pythons: tuple[str, ...] = ()
    """As the command line names them."""

    def for_own_app(self) -> "RequestedAxes":
        """What is left to vary where the ways to run the user's app have been told apart: settings of servers."""
        return replace(self, axes=Axes(settings=self.axes.settings))


UNVARIED: Final = RequestedAxes()


@dataclass(frozen=True, kw_only=True, slots=True)
class AxisOptions:
    """What the options say, one by one."""

    wanted: tuple[tuple[Wanted, ...], ...] = declared(
        "--with",
        type=Requirements(),
        multiple=True,
        metavar="REQUIREMENT|FILE.txt",
        kept=requirement,
        help="Add a variant of each stack with this requirement instead of its own, such as uvicorn==0.30.6; "
        "repeatable.",
    )
    settings: tuple[tuple[str, tuple[str, ...]], ...] = declared(
        "--vary",
        type=SettingValues(),
        multiple=True,
        metavar="NAME=VALUE,...",
        kept=without_folder,
        help="Run each stack, or scenario, with each of these values, such as workers=1,2,4 or connections=8,64; "
        "repeatable.",
    )
    pythons: tuple[str, ...] = declared(
        "--python",
        multiple=True,
        metavar="PATH|VERSION",
        kept=without_folder,
        help="Interpreter of an environment that already holds the stack, or a version to build environments with. "
        "Repeatable: each stack runs on each of them.",
    )


def axis_options(command: Command) -> Command:
    """What is varied; the command gets all of it as ``requested``."""

    @wraps(command)
    def requesting(*, requested: AxisOptions, **rest: Any) -> Any:
        axes = requested_axes(
            requested.pythons, requested.wanted, requested.settings, of_own_app=bool(rest.get("apps"))
        )
        return command(requested=axes, **rest)

    return cast("Command", options_of(AxisOptions, "requested")(requesting))


def requested_axes(
    pythons: Sequence[str],
    wanted: Sequence[tuple[Wanted, ...]] = (),
    settings: Sequence[tuple[str, tuple[str, ...]]] = (),
    *,
    of_own_app: bool = False,
) -> RequestedAxes:
    """What the options say together. Raises UsageError for what contradicts itself.

    The environment of the user's own app is laid over, so requirements may be changed in it as well.
    """
    paths = [python for python in pythons if not VERSION.fullmatch(python)]
    interpreters = {f"path{number if number > 1 else ''}": Path(path) for number, path in enumerate(paths, start=1)}
    if paths and wanted and not of_own_app:
        raise UsageError(
            f"--with: the environment of {paths[0]} is used as it is; name a Python version with --python instead"
        )
    labels = {path: label for label, path in zip(interpreters, paths, strict=True)}
    if len(set(pythons)) < len(pythons):
        raise UsageError("--python: the same interpreter is named twice")
    values: dict[str, tuple[str, ...]] = {}
    for name, chosen in settings:
        values[name] = values.get(name, ()) + chosen
    return RequestedAxes(
        axes=Axes(
            requirements=tuple(wanted),
            settings=values,
            pythons=tuple(labels.get(python, python) for python in pythons),
        ),
        interpreters=interpreters,
        pythons=tuple(pythons),
        sources={
            one.kept_url: one.url
            for together in wanted
            for one in together
            if one.url is not None and one.kept_url is not None and one.url != one.kept_url
        },
    )


def require_places(requested: RequestedAxes, plan: Plan) -> None:
    """Of a session that has its plan: say again where things lie that it does not name, and nothing else.

    Raises UsageError where a place is needed and not said, and where more is said than that.
    """
    axes = requested.axes
    urls = {requirement.partition(" @ ")[2] for stack in plan.stacks for requirement in stack.all_requirements} - {""}
    pythons = {stack.python for stack in plan.stacks if stack.python is not None and PLACE.fullmatch(stack.python)}
    places = {one.kept_url for together in axes.requirements for one in together}
    if axes.settings or set(axes.pythons) - pythons or places - urls:
        raise UsageError("the session already has its plan; leave out --with, --vary and --python")
    if pythons - requested.interpreters.keys():
        raise UsageError("the session used an interpreter that it does not name; name it again with --python PATH")
    for url in sorted(urls - requested.sources.keys()):
        if requirements.is_placeless(url):
            raise UsageError(f"the session does not name the folder of {url}; name it again with --with PATH")
