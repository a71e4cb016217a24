"""An app of the user's own, from its description to what can be measured of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from platformdirs import user_state_path
from rich.console import Console

from stacklab.catalog import own_app
from stacklab.catalog.catalogue import Catalogue
from stacklab.catalog.traffic import file
from stacklab.catalog.workspace import Workspace
from stacklab.effects.environments import environment
from stacklab.effects.environments.inspect_app import inspect_app
from stacklab.effects.environments.interpreter import find_interpreter
from stacklab.errors import as_usage_error
from stacklab.hosting.environments import LOADED, app_environment, run_command, what_to_load
from stacklab.hosting.rehearsal import WITHOUT_LIFESPAN, Rehearsal, ServerOutcome, rehearse
from stacklab.machine import Machine
from stacklab.model.own_app import AppFacts, DetectedApp, Hosting, OwnApp, Traffic
from stacklab.model.plan import Plan, Skipped
from stacklab.model.secrets import Withheld
from stacklab.store import resume_secrets
from stacklab.store.journal import Journal
from stacklab.store.redaction import redacted

NOTES: Final = user_state_path("stacklab") / "sessions"

SHOWN: Final = 10
"""Requests that are listed one by one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """An app that can be served, and the requests to send to it."""

    own: OwnApp
    detected: DetectedApp
    hosting: Hosting
    requests: tuple[own_app.AppRequest, ...]
    traffic: Traffic


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsed:
    """What can be measured of it."""

    catalogue: Catalogue
    rehearsal: Rehearsal
    facts: AppFacts
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
        return replace(plan, app=self.facts, skipped=(*plan.skipped, *skipped))


def bring(own: OwnApp, workspace: Workspace, console: Console) -> Brought:
    """Find the app and its environment, and read the requests. Raises UsageError for what is not right."""
    with as_usage_error():
        found = find_interpreter(Path(own.folder), named=own.python)
        theirs = environment.existing(found.python)
    withheld = Withheld()
    read = Traffic() if own.requests_from is None else file.read(Path(own.requests_from))
    traffic = replace(read, written=own.requests)
    for left in traffic.left_out:
        console.print(f"left out of {Path(own.requests_from or '').name}: {left.count} {left.reason}", markup=False)
    requests = own_app.app_requests(own, traffic, withheld)
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
    env = app_environment(hosting, python_path=(workspace.host,)) | {LOADED: what_to_load(hosting, workspace)}
    detected = inspect_app(theirs.python, host=workspace.host, env=env, app=own.app)
    console.print(
        f"{own.app}: {detected.kind}{', made by a factory' if detected.made else ''}, for {detected.interface.upper()} "
        f"servers on {theirs.implementation} ({found.how})",
        markup=False,
    )
    return Brought(
        own=own,
        detected=detected,
        hosting=replace(hosting, interface=detected.interface, factory=detected.made),
        requests=requests,
        traffic=traffic,
    )


def rehearsed(brought: Brought, catalogue: Catalogue, here: Machine, console: Console) -> Rehearsed:
    """Send the requests through every server, and plan what works. Raises UsageError where nothing does."""
    own, interface = brought.own, brought.detected.interface

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
        own_app.hosts(catalogue, own, interface),
        here,
        tell=tell,
        tell_fault=lambda fault: console.print(f"  left out: {fault}", markup=False),
    )
    _list_responses(rehearsal, console)
    requests = [one.request for one in rehearsal.recorded]
    scenario = own_app.scenario(own, requests)
    return Rehearsed(
        catalogue=Catalogue(
            contract=own_app.contract(requests, interface),
            stacks={outcome.stack.name: outcome.stack for outcome in rehearsal.servers if outcome.refused is None},
            scenarios={scenario.name: scenario},
        ),
        rehearsal=rehearsal,
        places=here.redactions(),
        facts=AppFacts(
            app=own.app,
            interface=interface,
            kind=brought.detected.kind,
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


def remember(journal: Journal, hosting: Hosting) -> None:
    """Note how the app is served, for those who go on with the session."""
    resume_secrets.write(NOTES, journal.folder.name, hosting)


def remembered(journal: Journal) -> Hosting | None:
    """How the app of the session is served; None if it is a session of stacks."""
    return None if journal.plan.app is None else resume_secrets.read(NOTES, journal.folder.name)
