"""``--app`` and what goes with it: an app of the user's own, as the command line describes it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from typing import Any, Literal, cast

import click

from stacklab.catalog import own_app
from stacklab.catalog.traffic import curl
from stacklab.catalog.ways import Way, ways
from stacklab.cli.options.axes import UNVARIED, RequestedAxes
from stacklab.cli.options.fields import Command, declared, option_of, options_of
from stacklab.cli.options.order import given_order, merged
from stacklab.cli.options.redaction import as_given, body, header, request_target, variable, without_folder
from stacklab.cli.options.requests import read_text, requests_of
from stacklab.cli.options.types import ABOVE_ZERO, Header, HeaderFile, Pair
from stacklab.errors import UsageError
from stacklab.model.own_app import OwnApp, RequestSpec
from stacklab.model.stack import VERSION
from stacklab.model.traffic.load import Closed, Load, Open


@dataclass(frozen=True, kw_only=True, slots=True)
class AppOptions:
    """What the options say of the app. They beat its TOML, if they name one."""

    apps: tuple[str, ...] = declared(
        "--app",
        multiple=True,
        metavar="MODULE:APP|TOML",
        kept=without_folder,
        help="Your own app, instead of the catalogue's stacks: MODULE:APP or an app.toml; repeatable, to compare apps.",
    )
    paths: tuple[str, ...] = declared(
        "--path",
        multiple=True,
        metavar="[METHOD] PATH",
        kept=request_target,
        help="Path to request, such as /orders/42 or 'POST /orders'; repeatable.",
    )
    bodies: tuple[str, ...] = declared(
        "--body",
        multiple=True,
        metavar="TEXT|@FILE",
        kept=body,
        help="Body of the --path before it; JSON gets its content type.",
    )
    weights: tuple[int, ...] = declared(
        "--weight",
        multiple=True,
        type=click.IntRange(1),
        metavar="N",
        kept=as_given,
        help="How often the --path before it is requested, relative to the others (default 1).",
    )
    curl: str | None = declared(
        "--curl",
        metavar="FILE",
        kept=without_folder,
        help="Take the requests from curl commands, as browsers copy them; - is standard input.",
    )
    requests: str | None = declared(
        "--requests",
        metavar="FILE",
        kept=without_folder,
        help="Take the requests from a HAR file, an OpenAPI document (JSON or YAML) or an access log.",
    )
    servers: tuple[str, ...] = declared(
        "--server",
        multiple=True,
        metavar="GLOB",
        kept=without_folder,
        help="Server to host the app on, by name or glob (default: all that fit); repeatable.",
    )
    headers: tuple[tuple[str, str] | HeaderFile, ...] = declared(
        "--header",
        type=Header(),
        multiple=True,
        metavar="'NAME: VALUE'|@FILE",
        kept=header,
        help="Header to send with every request, or a file of them, which are kept secret; repeatable.",
    )
    variables: tuple[tuple[str, str], ...] = declared(
        "--env",
        type=Pair("="),
        multiple=True,
        metavar="NAME=VALUE,...",
        kept=variable,
        help="Environment variable for the app; give several values to compare the app under each of them. "
        "Repeatable; a comma within a value is written '\\,'.",
    )
    vary_body: tuple[str, ...] = declared(
        "--vary-body",
        multiple=True,
        is_flag=False,
        flag_value="",
        metavar="[REGEX]",
        kept=without_folder,
        help="Let response bodies differ where REGEX matches, or everywhere without REGEX; repeatable.",
    )
    connections: int | None = declared(
        "--connections",
        type=click.IntRange(1),
        metavar="N",
        kept=as_given,
        help="Number of concurrent connections (default 16); with --rate, the maximum (default 64).",
    )
    rate: float | None = declared(
        "--rate",
        type=ABOVE_ZERO,
        metavar="RPS",
        kept=as_given,
        help="Send this many requests per second, however slowly the app responds.",
    )
    app_dir: str | None = declared(
        "--app-dir",
        metavar="FOLDER",
        kept=without_folder,
        help="Folder to import the app from (default: the current one, or its src).",
    )
    factory: bool = declared("--factory", is_flag=True, default=False, help="Call APP to get the app.")
    interface: Literal["wsgi", "asgi"] | None = declared(
        "--interface",
        type=click.Choice(["wsgi", "asgi"]),
        kept=as_given,
        help="The app's interface, if it cannot be detected.",
    )
    count: bool = declared(
        "--no-count",
        is_flag=True,
        flag_value=False,
        default=True,
        help="Serve the app without the wrapper that counts its requests.",
    )

    def described(self, requested: RequestedAxes = UNVARIED, order: Sequence[str] = ()) -> tuple[Way, ...]:
        """The app in all ways that are to be compared; none where no app was named.

        ``requested`` has interpreters and requirements, ``order`` is that of the options on the command line. Raises
        UsageError for what is wrong.
        """
        if not self.apps:
            self._require_nothing()
            return ()
        here = Path.cwd()
        values = _values(self.variables)
        return ways(
            [self._described(_named(app, here), values, order) for app in self.apps],
            variables={name: every for name, every in values.items() if len(every) > 1},
            wanted=requested.axes.requirements,
            pythons=[
                (label, python if VERSION.fullmatch(python) else str(here / Path(python).expanduser()))
                for label, python in zip(requested.axes.pythons, requested.pythons, strict=True)
            ],
        )

    def _described(self, own: OwnApp, values: Mapping[str, Sequence[str]], order: Sequence[str]) -> OwnApp:
        """One of the apps, with what the options say of all of them."""
        return replace(
            own,
            requests=self._requests(order) or own.requests,
            requests_from=self.requests or own.requests_from,
            servers=self.servers or own.servers,
            headers={**own.headers, **dict(one for one in self.headers if not isinstance(one, HeaderFile))},
            headers_from=self._headers_from() or own.headers_from,
            env={**own.env, **{name: every[0] for name, every in values.items()}},
            vary_body=tuple(filter(None, self.vary_body)) or own.vary_body,
            any_body="" in self.vary_body or own.any_body,
            load=self._load() or own.load,
            app_dir=own.app_dir if self.app_dir is None else str((Path.cwd() / self.app_dir).resolve()),
            factory=self.factory or own.factory,
            interface=self.interface or own.interface,
            count=self.count and own.count,
        )

    def _require_nothing(self) -> None:
        """Raise UsageError where something is said of an app that is not named."""
        unsaid = AppOptions()
        for one in fields(self):
            if getattr(self, one.name) != getattr(unsaid, one.name):
                raise UsageError(f"{option_of(AppOptions, one.name)} is for your own app; name the app with --app")

    def _requests(self, order: Sequence[str]) -> tuple[RequestSpec, ...]:
        """What is written on the command line, and what curl commands say."""
        said = merged({"paths": self.paths, "bodies": self.bodies, "weights": self.weights}, order)
        pasted = () if self.curl is None else curl.requests(read_text(self.curl, option="--curl"), source="--curl")
        return (*requests_of(said), *pasted)

    def _headers_from(self) -> str | None:
        files = [one.path for one in self.headers if isinstance(one, HeaderFile)]
        if len(files) > 1:
            raise UsageError(f"--header: {files[0]} and {files[1]} are two files; put the headers into one")
        return str(Path.cwd() / Path(files[0]).expanduser()) if files else None

    def _load(self) -> Load | None:
        if self.rate is not None:
            return (
                Open(rate=self.rate) if self.connections is None else Open(rate=self.rate, connections=self.connections)
            )
        return None if self.connections is None else Closed(connections=self.connections)


def own_app_options(command: Command) -> Command:
    """Describe an app of the user's own; the command gets the ways to run it as ``own``."""

    @wraps(command)
    def with_app(*, own: AppOptions, requested: RequestedAxes, **rest: Any) -> Any:
        found = own.described(requested, given_order(click.get_current_context()))
        return command(own=found, requested=requested.for_own_app() if found else requested, **rest)

    return cast("Command", options_of(AppOptions, "own", planned=True)(with_app))


def _values(variables: Sequence[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    """Each variable with its values, which commas part."""
    values: dict[str, list[str]] = {}
    for name, text in variables:
        parts = (part.replace("\\,", ",") for part in re.split(r"(?<!\\),", text))
        known = values.setdefault(name, [])
        known += [part for part in parts if part not in known]
    return values


def _named(app: str, here: Path) -> OwnApp:
    if app.endswith(".toml"):
        return own_app.read(Path(app))
    try:
        return OwnApp(app=app, folder=str(here), app_dir=str(own_app.modules_in(app, here)))
    except ValueError as error:
        raise UsageError(f"--{error}") from error
