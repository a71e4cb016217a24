"""What is made ready before anything is measured: the machine, environments, backends, and the session.

What is unavailable is reported at once, and not after an hour.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape

from stacklab.catalog import server_options
from stacklab.catalog.catalogue import Catalogue, read, with_those_of_claims
from stacklab.catalog.claims.claims import Claims
from stacklab.catalog.claims.claims import read as read_claims
from stacklab.catalog.trust import strange
from stacklab.catalog.workspace import Workspace, reference
from stacklab.cli.options.axes import UNVARIED, RequestedAxes, require_places
from stacklab.cli.options.placement import Placement
from stacklab.effects import clock
from stacklab.effects.backends.backend import Backends
from stacklab.effects.environments.folders import cache, scratch
from stacklab.effects.machine.host import assign_cpus, read_cpus, read_host
from stacklab.effects.processes.supervisor import Supervisor
from stacklab.effects.wire.verify import COUNT
from stacklab.environments import EnvironmentStrategy, StackEnvironments
from stacklab.errors import StageError, UsageError
from stacklab.hosting.environments import COUNTER, OverlayEnvironments, overlays
from stacklab.hosting.ways import WayEnvironments
from stacklab.machine import Machine
from stacklab.model.claims.arm import CellArm, ProgramArm
from stacklab.model.claims.claim import Claim
from stacklab.model.claims.grid import points, stack_at
from stacklab.model.own_app import Hostings
from stacklab.model.plan import Cell, Plan, PlannedRun, Untestable, backends_of
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import Backend
from stacklab.model.traffic.exchange import Exchange
from stacklab.report.kit.numbers import listed
from stacklab.store.folder import locate
from stacklab.store.journal import Journal


@contextmanager
def machine(
    workspace: Workspace,
    placement: Placement,
    *,
    python: str | None = None,
    requested: RequestedAxes = UNVARIED,
    hostings: Hostings | None = None,
) -> Iterator[Machine]:
    """This machine, ready to measure stacks, or the app that ``hostings`` describe.

    The harness itself moves to the driver's cores, out of the server's way, and back at the end.
    """
    before = os.sched_getaffinity(0)
    for_server, for_driver = assign_cpus(read_cpus(), server=placement.server_cpus, driver=placement.driver_cpus)
    os.sched_setaffinity(0, for_driver)
    with _moved_back(before), scratch() as folder, Supervisor() as supervisor, ExitStack() as ending:
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
            interpreters=requested.interpreters,
            sources=requested.sources,
        )
        counter: Exchange | None = COUNT
        secrets: Mapping[str, str] = {}
        if hostings is not None:
            environments = WayEnvironments(
                ways={
                    way: OverlayEnvironments(hosting=hosting, workspace=workspace, cache=overlays())
                    for way, hosting in hostings.ways.items()
                }
            )
            first = next(iter(hostings.ways.values()))
            counter = COUNTER if first.count else None
            secrets = first.secrets
        yield Machine(
            workspace=workspace,
            supervisor=supervisor,
            folder=folder,
            environments=environments,
            server_cpus=tuple(sorted(for_server)),
            driver_cpus=tuple(sorted(for_driver)),
            backends=backends,
            server_options=server_options.read(workspace),
            port=placement.port,
            counter=counter,
            secrets=secrets,
        )


@contextmanager
def _moved_back(cpus: Collection[int]) -> Iterator[None]:
    """Let this process run on these processors again at the end: a command may prepare the machine several times."""
    try:
        yield
    finally:
        os.sched_setaffinity(0, cpus)


class Environments:
    """The environments of this machine, made on demand."""

    def __init__(self, here: Machine, console: Console) -> None:
        """Nothing is made yet."""
        self._here = here
        self._console = console

    def holds(self, stack: Stack, package: str) -> bool:
        """Whether the stack's environment has the package, which may be there for another one's sake."""
        try:
            with self._console.status(f"creating the environment of {stack.name}"):
                return package in self._here.environments.of_stack(stack).packages
        except StageError:
            return False

    def lacking(self, stacks: Sequence[Stack]) -> Mapping[str, str]:
        """Make all of them: the stacks whose environment cannot be made, and why. Each reason is printed once.

        Raises UsageError if none can be made.
        """
        reasons: dict[str, str] = {}
        with self._console.status("creating environments") as status:
            for number, stack in enumerate(stacks, start=1):
                status.update(f"creating environments: {number} of {len(stacks)}, {escape(stack.name)}")
                try:
                    self._here.provide(stack)
                except StageError as error:
                    reasons[stack.name] = error.reason
        sentences = [
            f"{listed([name for name, its in reasons.items() if its == reason])} cannot be measured: {reason}"
            for reason in dict.fromkeys(reasons.values())
        ]
        if len(reasons) == len(stacks):
            raise UsageError("; ".join(sentences))
        for sentence in sentences:
            self._console.print(sentence, markup=False)
        return reasons


class Provider(Protocol):
    """What makes environments; ``machine.Machine`` does."""

    def provide(self, stack: Stack) -> None:
        """Make the environment of a stack. Raises ``StageError``."""

    def provide_program(self, arm: ProgramArm) -> None:
        """Make the environment of a program. Raises ``StageError``."""


def cannot_be_tested(
    claims: Iterable[Claim], catalogue: Catalogue, provider: Provider, *, cores: int
) -> Iterator[Untestable]:
    """Make the environments of all arms; the claims of which one is unavailable, or that need more cores."""
    for claim in claims:
        if cores < claim.cores:
            reason = f"it needs {claim.cores} cores, and this machine has {cores}"
            yield Untestable(claim=claim.name, reason=reason)
            continue
        for point in points(claim):
            try:
                if isinstance(point.arm, CellArm):
                    provider.provide(stack_at(point, point.arm, catalogue.stacks))
                else:
                    provider.provide_program(point.arm)
            except StageError as error:
                yield Untestable(claim=claim.name, reason=f"{point.name}: {error.reason}")
                break


def start_backends(plan: Plan, steps: Sequence[PlannedRun], here: Machine, console: Console) -> None:
    """Start what the steps need, once for all of them. Raises UsageError if none of them can be done."""
    needed = {step: backends_of(step, plan) if isinstance(step, Cell) else () for step in steps}
    broken: dict[Backend, str] = {}
    for backend in Backend:
        if any(backend in backends for backends in needed.values()):
            try:
                here.backends.require(backend)
            except StageError as error:
                broken[backend] = error.reason
    if not broken:
        return
    without = [step for step, backends in needed.items() if not broken.keys() & set(backends)]
    reasons = "; ".join(broken.values())
    if not without:
        raise UsageError(reasons)
    failing = len(steps) - len(without)
    console.print(
        f"{reasons}; {failing} of {len(steps)} cells will fail because of this; the rest will be measured",
        markup=False,
    )


def new_session(plan: Plan, workspace: Workspace) -> Journal:
    """Start a session of this machine for the plan."""
    return Journal.create(workspace.results, plan, read_host(), started_at=clock.utc_now(), label=workspace.label)


def session_of(name: str, workspace: Workspace, *, trusted: bool, requested: RequestedAxes = UNVARIED) -> Journal:
    """A session that has its plan, to go on with.

    Raises UsageError where there is none of that name, and where it would run what this workspace does not know,
    unless it is ``trusted``.
    """
    journal = Journal.resume(locate(workspace.results, name))
    if not journal.plan.claims:
        require_places(requested, journal.plan)
    if not trusted:
        _insist_on_known(journal, workspace, requested)
    return journal


def _insist_on_known(journal: Journal, workspace: Workspace, requested: RequestedAxes) -> None:
    known, plan = read(workspace), journal.plan
    claims: Claims = {}
    if plan.claims:
        known = with_those_of_claims(workspace, known)
        claims = read_claims(workspace, known)
    unknown = tuple(strange(plan, known, claims, named_again=requested.sources))
    if unknown:
        raise UsageError(
            f"{journal.folder}: the session would run what this workspace does not know: {listed(unknown[:3])}"
            f"{' and more' if unknown[3:] else ''}; read its plan.json, and add --trust if you know who wrote it"
        )
