"""``--app``: what run, check and profile do when what is served is an app of the user's own."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from platformdirs import user_state_path
from rich.console import Console

from stacklab.catalog import own_app
from stacklab.catalog.catalogue import Catalogue
from stacklab.catalog.traffic import file
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options.placement import ABOVE_ZERO
from stacklab.effects.environments import environment
from stacklab.effects.environments.inspect_app import inspect_app
from stacklab.effects.environments.interpreter import find_interpreter
from stacklab.errors import UsageError, as_usage_error
from stacklab.hosting.environments import LOADED, app_environment, run_command, what_to_load
from stacklab.hosting.rehearsal import Rehearsal, ServerOutcome, rehearse
from stacklab.machine import Machine
from stacklab.model.own_app import AppFacts, DetectedApp, Hosting, OwnApp, RequestSpec, Traffic
from stacklab.model.plan import Plan, Skipped
from stacklab.model.secrets import Withheld
from stacklab.model.stack import VERSION
from stacklab.model.traffic.load import Closed, Load, Open
from stacklab.store import resume_secrets
from stacklab.store.journal import Journal
from stacklab.store.redaction import redacted

Command = TypeVar("Command", bound=Callable[..., Any])

NOTES: Final = user_state_path("stacklab") / "sessions"

SHOWN: Final = 10
"""Requests that are told one by one."""

_OPTIONS: Final = (
    click.option("--app", metavar="MODULE:APP|TOML", help="An app of your own, instead of stacks; or its app.toml."),
    click.option("--path", "paths", multiple=True, metavar="PATH", help="What to ask it, such as /orders/42."),
    click.option("--requests", metavar="FILE", help="Ask what a HAR, an OpenAPI document or an access log holds."),
    click.option("--server", "servers", multiple=True, metavar="GLOB", help="Servers to try; all that fit by default."),
    click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="Of every request to the app."),
    click.option("--env", "variables", multiple=True, metavar="NAME=VALUE", help="An environment variable of the app."),
    click.option(
        "--vary-body",
        "vary_body",
        multiple=True,
        is_flag=False,
        flag_value="",
        metavar="[REGEX]",
        help="Bodies may differ from answer to answer: wholly, or where this matches.",
    ),
    click.option("--connections", type=click.IntRange(1), help="Ask the app in a closed loop of so many; 16."),
    click.option("--rate", type=ABOVE_ZERO, metavar="RPS", help="Ask the app at this rate instead, whatever it does."),
    click.option("--app-dir", metavar="DIR", help="Where the app's modules are found; by default here."),
    click.option("--factory", is_flag=True, help="The app is what APP returns when it is called."),
    click.option("--interface", type=click.Choice(["wsgi", "asgi"]), help="What the app is, where it does not show."),
    click.option("--no-count", "count", is_flag=True, flag_value=False, default=True, help="Do not wrap the app."),
)


def own_app_options(command: Command) -> Command:
    """Add the options of an app of one's own; the command gets them as ``own``, an ``OwnApp`` or None."""

    @functools.wraps(command)
    def with_app(**options: Any) -> Any:
        names = ("app", "paths", "requests", "servers", "headers", "variables", "vary_body", "connections", "rate")
        said = {name: options.pop(name) for name in (*names, "app_dir", "factory", "interface", "count")}
        if said["app"] is not None:
            options["asked"] = options["asked"].for_own_app()
        own = _own(python=next(iter(options["asked"].pythons), None), **said)
        return command(own=own, **options)

    for option in reversed(_OPTIONS):
        with_app = option(with_app)
    return with_app  # type: ignore[return-value] # wraps keeps what click looks at


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """An app that can be served, and what is to be asked of it."""

    own: OwnApp
    look: DetectedApp
    hosting: Hosting
    questions: tuple[own_app.AppRequest, ...]
    traffic: Traffic


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsed:
    """What can be measured of it."""

    there_is: Catalogue
    rehearsal: Rehearsal
    facts: AppFacts
    places: Mapping[str, str]
    """Folders of this machine that a reason may name, and words for them."""

    def completed(self, plan: Plan) -> Plan:
        """The plan with what it says of the app, and of the servers that cannot host it."""
        skipped = (
            Skipped(
                stack=heard.stack.name,
                scenario=own_app.SCENARIO,
                reason=redacted(heard.kept, self.places),
            )
            for heard in self.rehearsal.servers
            if heard.kept is not None
        )
        return replace(plan, app=self.facts, skipped=(*plan.skipped, *skipped))


def bring(own: OwnApp, place: Workspace, console: Console) -> Brought:
    """Find the app and its environment, and read what is to be asked. Raises UsageError for what is not right."""
    with as_usage_error():
        found = find_interpreter(Path(own.folder), named=own.python)
        theirs = environment.existing(found.python)
    withheld = Withheld()
    read = Traffic() if own.requests_from is None else file.read(Path(own.requests_from))
    traffic = replace(read, written=own.requests)
    for left in traffic.left_out:
        console.print(f"left out of {Path(own.requests_from or '').name}: {left.count} {left.reason}", markup=False)
    questions = own_app.app_requests(own, traffic, withheld)
    hosting = Hosting(
        app=own.app,
        folder=own.folder,
        app_dir=own.app_dir,
        python=str(theirs.python),
        factory=own.factory,
        interface=own.interface,
        count=own.count,
        env=own.env,
        before_boot=own.before_boot,
        secrets=withheld.secrets,
    )
    with as_usage_error():
        for command in own.prepare:
            run_command(command, hosting)
    env = app_environment(hosting, python_path=(place.host,)) | {LOADED: what_to_load(hosting, place)}
    looked = inspect_app(theirs.python, host=place.host, env=env, app=own.app)
    console.print(
        f"{own.app}: {looked.kind}{', made by a factory' if looked.made else ''}, for {looked.interface.upper()} "
        f"servers on {theirs.implementation} ({found.how})",
        markup=False,
    )
    return Brought(
        own=own,
        look=looked,
        hosting=replace(hosting, interface=looked.interface, factory=looked.made),
        questions=questions,
        traffic=traffic,
    )


def rehearsed(brought: Brought, there_is: Catalogue, here: Machine, console: Console) -> Rehearsed:
    """Ask the app by every server, and make of it what can be planned. Raises UsageError where nothing can."""
    own, look_ = brought.own, brought.look

    def tell(heard: ServerOutcome) -> None:
        name = heard.stack.name
        if heard.refused is not None:
            console.print(f"  {name}: skipped: {heard.refused}", markup=False)
            return
        console.print(f"  {name}: {heard.boot_s:.2f} s to its first answer{_theirs(here, heard)}", markup=False)

    rehearsal = rehearse(
        brought.questions,
        own_app.hosts(there_is, own, look_.interface),
        here,
        tell=tell,
        tell_fault=lambda fault: console.print(f"  left out: {fault}", markup=False),
    )
    _tell_answers(rehearsal, console)
    asked_ = [one.request for one in rehearsal.recorded]
    scenario = own_app.scenario(own, asked_)
    return Rehearsed(
        there_is=Catalogue(
            contract=own_app.contract((question.exchange for question in asked_), look_.interface),
            stacks={heard.stack.name: heard.stack for heard in rehearsal.servers if heard.refused is None},
            scenarios={scenario.name: scenario},
        ),
        rehearsal=rehearsal,
        places=here.redactions(),
        facts=AppFacts(
            app=own.app,
            interface=look_.interface,
            kind=look_.kind,
            counted=own.count,
            left_out=(*brought.traffic.left_out, *rehearsal.left_out),
        ),
    )


def _theirs(here: Machine, heard: ServerOutcome) -> str:
    """What it runs with instead of the versions that its stack names."""
    theirs = here.environments.replaced(heard.stack)
    words = [f"{name} {there} is yours, and {named} is what the stack names" for name, (named, there) in theirs.items()]
    return f" ({'; '.join(words)})" if words else ""


def _tell_answers(rehearsal: Rehearsal, console: Console) -> None:
    """Say what is asked, and what is right."""
    for one in rehearsal.recorded[:SHOWN]:
        asked_, answer = one.request.exchange, one.response
        leads = answer.headers.get("location")
        console.print(
            f"  {asked_.method} {asked_.target}: {answer.status}, {len(answer.body)} bytes"
            + (f"; it leads to {leads}, which is not followed" if leads is not None else ""),
            markup=False,
        )
    if len(rehearsal.recorded) > SHOWN:
        console.print(f"  and {len(rehearsal.recorded) - SHOWN} more", markup=False)


def remember(journal: Journal, hosting: Hosting) -> None:
    """Note how the app is served, for those who go on with the session."""
    resume_secrets.write(NOTES, journal.folder.name, hosting)


def remembered(journal: Journal) -> Hosting | None:
    """How the app of the session is served; None if it is none of the user's own."""
    return None if journal.plan.app is None else resume_secrets.read(NOTES, journal.folder.name)


def _own(
    *,
    app: str | None,
    python: str | None,
    paths: Sequence[str],
    requests: str | None,
    servers: Sequence[str],
    headers: Sequence[str],
    variables: Sequence[str],
    vary_body: Sequence[str],
    connections: int | None,
    rate: float | None,
    app_dir: str | None,
    factory: bool,
    interface: Any,
    count: bool,
) -> OwnApp | None:
    """The app as the command line says it, on top of its TOML if it names one."""
    if app is None:
        said = {"--path": paths, "--requests": requests, "--server": servers, "--header": headers, "--env": variables}
        more = {"--vary-body": vary_body, "--connections": connections, "--rate": rate, "--app-dir": app_dir}
        given = [
            name for name, value in (said | more | {"--factory": factory, "--interface": interface}).items() if value
        ]
        if given:
            raise UsageError(f"{given[0]} goes with an app of your own: name it with --app")
        return None
    folder = Path.cwd()
    if app.endswith(".toml"):
        own = own_app.read(Path(app))
    else:
        try:
            own = OwnApp(app=app, folder=str(folder), app_dir=str(folder))
        except ValueError as error:
            raise UsageError(f"--{error}") from error
    changes: Mapping[str, Any] = {
        "python": python if python is None or VERSION.fullmatch(python) else str(folder / Path(python).expanduser()),
        "requests": tuple(RequestSpec(path=path) for path in paths),
        "requests_from": requests,
        "servers": tuple(servers),
        "headers": {**own.headers, **dict(_pair(text, ":", "--header") for text in headers)},
        "env": {**own.env, **dict(_pair(text, "=", "--env") for text in variables)},
        "vary_body": tuple(expression for expression in vary_body if expression),
        "any_body": "" in vary_body,
        "load": _load(connections, rate),
        "app_dir": None if app_dir is None else str((folder / app_dir).resolve()),
        "factory": factory,
        "interface": interface,
    }
    return replace(own, count=own.count and count, **{name: value for name, value in changes.items() if value})


def _load(connections: int | None, rate: float | None) -> Load | None:
    if rate is not None:
        return Open(rate=rate) if connections is None else Open(rate=rate, connections=connections)
    return None if connections is None else Closed(connections=connections)


def _pair(text: str, sign: str, option: str) -> tuple[str, str]:
    name, found, value = text.partition(sign)
    if not found or not name.strip():
        raise UsageError(f"{option} {text!r}: write a name, {sign!r} and a value")
    return (name.strip(), value.strip()) if sign == ":" else (name, value)
