"""The options that vary stacks: ``--with``, ``--vary`` and ``--python``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import click

from stacklab.catalog import requirements
from stacklab.catalog.requirements import Wanted
from stacklab.catalog.variants import Axes
from stacklab.errors import UsageError
from stacklab.model.plan import Plan
from stacklab.model.stack import PLACE, VERSION

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the options say, and where on this machine that lies."""

    axes: Axes = field(default_factory=Axes)
    interpreters: Mapping[str, Path] = field(default_factory=dict)
    """By their words in a plan: those that were named by a path."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """By what a plan keeps of them: URLs that name a folder of this machine, or who may fetch them."""
    pythons: tuple[str, ...] = ()
    """As the command line names them."""

    def for_own_app(self) -> "Asked":
        """The same for an app of the user's own, whose environment is no axis. Raises UsageError if it is made one."""
        if self.axes.requirements:
            raise UsageError("--with: an app of your own runs with what your environment holds; change that instead")
        if len(self.pythons) > 1:
            raise UsageError("--python: an app of your own runs on one interpreter; name one")
        return replace(self, axes=replace(self.axes, pythons=()))


NOTHING: Final = Asked()


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


class Setting(click.ParamType[tuple[str, tuple[str, ...]]]):
    """``workers=1,2,4``."""

    name = "setting"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[str, ...]]:
        """Take the name and the values apart."""
        if isinstance(value, tuple):
            return value
        name, _, values = str(value).partition("=")
        chosen = tuple(part.strip() for part in values.split(","))
        if not name.strip() or not all(chosen):
            self.fail(f"{value!r} is not of the form workers=1,2,4", param, ctx)
        return name.strip().replace("-", "_"), chosen


def axis_options(command: Command) -> Command:
    """What is varied; the command gets all of it as ``asked``."""

    @wraps(command)
    def asking(
        *,
        wanted: Sequence[tuple[Wanted, ...]],
        settings: Sequence[tuple[str, tuple[str, ...]]],
        pythons: Sequence[str],
        **rest: Any,
    ) -> Any:
        return command(asked=asked_for(pythons, wanted, settings), **rest)

    for option in (
        click.option(
            "--python",
            "pythons",
            multiple=True,
            metavar="PATH|VERSION",
            help="An interpreter whose environment holds the stack already, or a version to build environments with. "
            "Repeated: each stack on each of them.",
        ),
        click.option(
            "--vary",
            "settings",
            type=Setting(),
            multiple=True,
            metavar="SETTING=VALUE,...",
            help="Each stack with each of these values, such as workers=1,2,4; repeatable.",
        ),
        click.option(
            "--with",
            "wanted",
            type=Requirements(),
            multiple=True,
            metavar="REQUIREMENT",
            help="Each stack as it is, and with this instead, such as uvicorn==0.30.6; repeatable.",
        ),
    ):
        option(asking)
    return cast("Command", asking)


def asked_for(
    pythons: Sequence[str],
    wanted: Sequence[tuple[Wanted, ...]] = (),
    settings: Sequence[tuple[str, tuple[str, ...]]] = (),
) -> Asked:
    """What the options say together. Raises UsageError for what contradicts itself."""
    paths = [python for python in pythons if not VERSION.fullmatch(python)]
    interpreters = {f"path{number if number > 1 else ''}": Path(path) for number, path in enumerate(paths, start=1)}
    if paths and wanted:
        raise UsageError(f"--with: {paths[0]} is used with what it holds; name a version with --python instead")
    labels = {path: label for label, path in zip(interpreters, paths, strict=True)}
    if len(set(pythons)) < len(pythons):
        raise UsageError("--python: the same interpreter is named twice")
    values: dict[str, tuple[str, ...]] = {}
    for name, chosen in settings:
        values[name] = values.get(name, ()) + chosen
    return Asked(
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


def require_places(asked: Asked, plan: Plan) -> None:
    """Of a session that has its plan: say again where things lie that it does not name, and nothing else.

    Raises UsageError where a place is needed and not said, and where more is said than that.
    """
    urls = {requirement.partition(" @ ")[2] for stack in plan.stacks for requirement in stack.all_requirements} - {""}
    pythons = {stack.python for stack in plan.stacks if stack.python is not None and PLACE.fullmatch(stack.python)}
    places = {one.kept_url for together in asked.axes.requirements for one in together}
    if asked.axes.settings or set(asked.axes.pythons) - pythons or places - urls:
        raise UsageError("the session has its plan; leave out --with, --vary and --python")
    if pythons - asked.interpreters.keys():
        raise UsageError("the session ran on an interpreter of its own; name it again with --python PATH")
    for url in sorted(urls - asked.sources.keys()):
        if requirements.is_placeless(url):
            raise UsageError(f"the session does not name the folder of {url}; name it again with --with PATH")
