"""An app of the user's own, from its description to what can be measured of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from platformdirs import user_state_path
from rich.console import Console

from stacklab.catalog import own_app
from stacklab.catalog.catalogue import Catalogue
from stacklab.catalog.traffic import file
from stacklab.catalog.ways import Way, with_ways
from stacklab.catalog.workspace import Workspace
from stacklab.effects.environments import environment
from stacklab.effects.environments.inspect_app import inspect_app
from stacklab.effects.environments.interpreter import find_interpreter
from stacklab.errors import UsageError, as_usage_error
from stacklab.hosting.environments import (
    LOADED,
    app_environment,
    overlays,
    own_environment,
    run_command,
    what_to_load,
)
from stacklab.hosting.rehearsal import WITHOUT_LIFESPAN, Rehearsal, ServerOutcome, rehearse
from stacklab.machine import Machine
from stacklab.model.own_app import AppFacts, DetectedApp, Hosting, Hostings, OwnApp, Traffic
from stacklab.model.plan import Plan, Skipped
from stacklab.model.secrets import Withheld
from stacklab.model.stack import Stack
from stacklab.store import resume_secrets
from stacklab.store.journal import Journal
from stacklab.store.redaction import redacted

NOTES: Final = user_state_path("stacklab") / "sessions"

SHOWN: Final = 10
"""Requests that are listed one by one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BroughtWay:
    """The app as it is run in one way."""

    way: Way
    detected: DetectedApp
    hosting: Hosting


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """An app that can be served, and the requests to send to it."""

    ways: tuple[BroughtWay, ...]
    """The requests, the servers and the load are those of the first."""
    requests: tuple[own_app.AppRequest, ...]
    traffic: Traffic

    @property
    def own(self) -> OwnApp:
        """The description of the first way."""
        return self.ways[0].way.own

    @property
    def hostings(self) -> Hostings:
        """How it is served in each way."""
        return Hostings(ways={one.way.tag: one.hosting for one in self.ways})


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsed:
    """What can be measured of it."""

    catalogue: Catalogue
    rehearsal: Rehearsal
    facts: AppFacts
    ways: tuple[Way, ...]
    places: Mapping[str, str]
    """Folders of this machine that a reason may name, and words for them."""

    def completed(self, plan: Plan) -> Plan:
        """The plan with what it says of the app, and of the servers that cannot host it."""
        skipped = (
            Skipped(
                stack=outcome.stack.name,
                scenario=own_app.SCENARIO,
                reason=redacted(outcome.kept, self.places),
            )
            for outcome in self.rehearsal.servers
            if outcome.kept is not None
        )
        return replace(with_ways(plan, self.ways), app=self.facts, skipped=(*plan.skipped, *skipped))


def bring(ways: Sequence[Way], workspace: Workspace, console: Console) -> Brought:
    """Find the app and its environment, and read the requests. Raises UsageError for what is not right."""
    own, withheld = ways[0].own, Withheld()
    read = Traffic() if own.requests_from is None else file.read(Path(own.requests_from))
    traffic = replace(read, written=own.requests)
    for left in traffic.left_out:
        console.print(f"left out of {Path(own.requests_from or '').name}: {left.count} {left.reason}", markup=False)
    requests = own_app.app_requests(own, traffic, withheld)
    brought = tuple(_bring(way, withheld.secrets, workspace, console) for way in ways)
    return Brought(ways=brought, requests=requests, traffic=traffic)


def _bring(way: Way, secrets: Mapping[str, str], workspace: Workspace, console: Console) -> BroughtWay:
    """Find out how the app is run in one way."""
    own = way.own
    with as_usage_error():
        found = find_interpreter(Path(own.folder), named=own.python)
    hosting = Hosting(
        app=own.app,
        folder=own.folder,
        app_dir=own.app_dir,
        python=str(found.python),
        factory=own.factory,
        interface=own.interface,
        count=own.count,
        env=own.env,
        before_boot=own.before_boot,
        requirements=way.requirements,
        secrets=secrets,
    )
    with as_usage_error():
        plain = environment.existing(found.python)
        hosting = replace(hosting, python=str(plain.python))
        theirs = own_environment(hosting, overlays())
        for command in own.prepare:
            run_command(command, hosting, theirs.folders)
    path = (workspace.host, *theirs.folders)
    env = app_environment(hosting, python_path=path) | {LOADED: what_to_load(hosting, workspace)}
    detected = inspect_app(Path(hosting.python), host=workspace.host, env=env, app=own.app)
    which = f" ({way.tag.removeprefix(',')})" if way.tag else ""
    made = ", made by a factory" if detected.made else ""
    console.print(
        f"{own.app}{which}: {detected.kind}{made}, for {detected.interface.upper()} servers on "
        f"{plain.implementation} ({found.how}){_changed(plain.packages, theirs.environment.packages)}",
        markup=False,
    )
    return BroughtWay(
        way=way,
        detected=detected,
        hosting=replace(hosting, interface=detected.interface, factory=detected.made),
    )


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """What is laid over the environment, and what it had instead."""
    words = [
        f"{name} {there} instead of {before[name]}" if name in before else f"{name} {there} added"
        for name, there in after.items()
        if before.get(name) != there
    ]
    return f", with {', '.join(words)}" if words else ""


def _hosts(brought: Brought, catalogue: Catalogue) -> Iterator[Stack]:
    """The stacks of all ways. A server that is named must fit one of them: some may be WSGI, others ASGI."""
    named, unfit = brought.own.servers, dict[str, UsageError]()
    fitting: set[str] = set()
    for one in brought.ways:
        fit = []
        for pattern in named:
            try:
                own_app.hosts(catalogue, replace(one.way.own, servers=(pattern,)), one.detected.interface)
                fit.append(pattern)
            except UsageError as error:
                unfit[pattern] = error
        fitting |= set(fit)
        if named and not fit:
            raise unfit[named[0]]
        for stack in own_app.hosts(catalogue, replace(one.way.own, servers=tuple(fit)), one.detected.interface):
            yield replace(stack, name=f"{stack.name}{one.way.tag}", way=one.way.tag)
    for pattern in named:
        if pattern not in fitting:
            raise unfit[pattern]


def rehearsed(brought: Brought, catalogue: Catalogue, here: Machine, console: Console) -> Rehearsed:
    """Send the requests through every server, and plan what works. Raises UsageError where nothing does."""
    own = brought.own

    def tell(outcome: ServerOutcome) -> None:
        name = outcome.stack.name
        if outcome.refused is not None:
            console.print(f"  {name}: skipped: {outcome.refused}", markup=False)
            return
        without = "" if outcome.stack.lifespan else f"; {WITHOUT_LIFESPAN}"
        console.print(
            f"  {name}: first response after {outcome.boot_s:.2f} s{_theirs(here, outcome)}{without}", markup=False
        )

    rehearsal = rehearse(
        brought.requests,
        tuple(_hosts(brought, catalogue)),
        here,
        tell=tell,
        tell_fault=lambda fault: console.print(f"  left out: {fault}", markup=False),
    )
    _list_responses(rehearsal, console)
    requests = [one.request for one in rehearsal.recorded]
    scenario = own_app.scenario(own, requests)
    interfaces = tuple(dict.fromkeys(one.detected.interface for one in brought.ways))
    first = brought.ways[0]
    return Rehearsed(
        catalogue=Catalogue(
            contract=own_app.contract(requests, interfaces),
            stacks={outcome.stack.name: outcome.stack for outcome in rehearsal.servers if outcome.refused is None},
            scenarios={scenario.name: scenario},
        ),
        rehearsal=rehearsal,
        ways=tuple(one.way for one in brought.ways),
        places=here.redactions(),
        facts=AppFacts(
            app=" and ".join(dict.fromkeys(one.way.own.app for one in brought.ways)),
            interface=first.detected.interface,
            kind=first.detected.kind,
            counted=own.count,
            left_out=(*brought.traffic.left_out, *rehearsal.left_out),
        ),
    )


def _theirs(here: Machine, outcome: ServerOutcome) -> str:
    """The packages of the user that replace the versions that its stack names, and what those do not know."""
    theirs = here.environments.replaced(outcome.stack)
    words = [f"with your {name} {there} instead of {named}" for name, (named, there) in theirs.items()]
    words += here.changed_options(outcome.stack)
    return f" ({'; '.join(words)})" if words else ""


def _list_responses(rehearsal: Rehearsal, console: Console) -> None:
    """Print the requests, and the responses that count as correct."""
    for one in rehearsal.recorded[:SHOWN]:
        request, response = one.request.exchange, one.response
        leads = response.headers.get("location")
        console.print(
            f"  {request.method} {request.target}: {response.status}, {len(response.body)} bytes"
            + (f"; it redirects to {leads}, which is not followed" if leads is not None else ""),
            markup=False,
        )
    if len(rehearsal.recorded) > SHOWN:
        console.print(f"  and {len(rehearsal.recorded) - SHOWN} more", markup=False)


def remember(journal: Journal, hostings: Hostings) -> None:
    """Note how the app is served, for those who go on with the session."""
    resume_secrets.write(NOTES, journal.folder.name, hostings)


def remembered(journal: Journal) -> Hostings | None:
    """How the app of the session is served; None if it is a session of stacks."""
    return None if journal.plan.app is None else resume_secrets.read(NOTES, journal.folder.name)
