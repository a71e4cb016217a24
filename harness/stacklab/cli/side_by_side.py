"""Your own app in a few ways, which take turns on one server: how gates are proved, and upgrades judged."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click
from rich.console import Console

from stacklab.catalog import own_app
from stacklab.catalog.catalogue import Catalogue, read
from stacklab.catalog.requirements import named
from stacklab.catalog.variants import Axes
from stacklab.catalog.ways import Way
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options.axes import Selection
from stacklab.cli.options.effort import Effort
from stacklab.cli.options.placement import Placement
from stacklab.cli.options.redaction import recorded_command
from stacklab.cli.own_app import Brought, Rehearsed, bring, rehearsed, remember
from stacklab.cli.plans import plan_of, plan_without_cells
from stacklab.cli.preparation import Environments, machine, new_session
from stacklab.cli.verbs.measure.count import take_counts
from stacklab.cli.verbs.measure.profile import DEFAULT_SECONDS, pairs_of, take_profiles
from stacklab.cli.verbs.measure.run import measure_all
from stacklab.effects.environments import environment
from stacklab.effects.machine.host import read_host
from stacklab.errors import UsageError
from stacklab.machine import Machine
from stacklab.model.measured.counting import CountEffort, CountSource
from stacklab.model.plan import Plan
from stacklab.store.calibration import ceiling_for
from stacklab.store.journal import Journal
from stacklab.store.session import StoredSession


@dataclass(frozen=True, kw_only=True, slots=True)
class SideBySide:
    """The app in its ways, ready to be measured as often as one likes."""

    workspace: Workspace
    brought: Brought
    known: Rehearsed
    here: Machine
    console: Console

    @property
    def server(self) -> str:
        """The server that the ways take turns on."""
        return self.brought.own.servers[0]

    @property
    def stacks(self) -> tuple[str, ...]:
        """The names of the stacks, in the order of the ways."""
        by_way = {stack.way: name for name, stack in self.known.catalogue.stacks.items()}
        return tuple(by_way[one.way.tag] for one in self.brought.ways)

    def measured(self, effort: Effort, *, count_by: CountSource | None = None, profiles: int = 0) -> StoredSession:
        """A session of all ways; with instructions, if anything shall count them, and so many profiles of each."""
        plan = plan_of(
            self.known.catalogue,
            Selection(),
            Axes(),
            effort,
            Environments(self.here, self.console),
            command=recorded_command(click.get_current_context()),
            ceiling_rps=ceiling_for(read_host(), self.workspace.results),
        )
        journal = self._journal(plan)
        measure_all(journal, self.here, self.console, with_profile=False, count_by=count_by)
        if profiles:
            take_profiles(
                journal,
                self.here,
                self.console,
                pairs=pairs_of(plan),
                seconds=DEFAULT_SECONDS,
                boots=profiles,
            )
        return StoredSession.open(journal.folder)

    def counted(self, source: CountSource, effort: CountEffort) -> StoredSession:
        """A session of counted instructions alone."""
        plan = plan_without_cells(
            self.known.catalogue,
            Selection(),
            Axes(),
            Environments(self.here, self.console),
            command=recorded_command(click.get_current_context()),
            instead_of_cells="count",
        )
        journal = self._journal(plan)
        take_counts(journal, self.here, self.console, pairs=pairs_of(plan), source=source, effort=effort)
        return StoredSession.open(journal.folder)

    def _journal(self, plan: Plan) -> Journal:
        journal = new_session(self.known.completed(plan), self.workspace)
        remember(journal, self.brought.hostings)
        return journal


@contextmanager
def side_by_side(
    ways: Sequence[Way],
    workspace: Workspace,
    placement: Placement,
    console: Console,
    *,
    changed: Collection[str] = (),
) -> Iterator[SideBySide]:
    """The app in these ways on one server; ``changed`` are packages that it should run, if it may be chosen.

    Raises UsageError where one of the ways cannot be served.
    """
    brought = bring(ways, workspace, console)
    catalogue = read(workspace)
    server = _server(brought, catalogue, changed)
    brought = replace(
        brought,
        ways=tuple(
            replace(one, way=replace(one.way, own=replace(one.way.own, servers=(server,)))) for one in brought.ways
        ),
    )
    with machine(workspace, placement, hostings=brought.hostings) as here:
        known = rehearsed(brought, catalogue, here, console)
        served = {stack.way for stack in known.catalogue.stacks.values()}
        for one in brought.ways:
            if one.way.tag not in served:
                raise UsageError(f"{one.way.own.app}{one.way.tag} cannot be served: {_why(known, one.way)}")
        yield SideBySide(workspace=workspace, brought=brought, known=known, here=here, console=console)


def _why(known: Rehearsed, way: Way) -> str:
    return next((one.refused for one in known.rehearsal.servers if one.stack.way == way.tag and one.refused), "")


def _server(brought: Brought, catalogue: Catalogue, changed: Collection[str]) -> str:
    """The server that was named; else one whose package is to change; else one that the environment has."""
    first = brought.ways[0]
    fit = own_app.hosts(catalogue, brought.own, first.detected.interface)
    if brought.own.servers:
        if len(fit) > 1:
            names = ", ".join(stack.name for stack in fit)
            raise UsageError(f"--server: {names} are several; name one")
        return fit[0].name
    there = environment.existing(Path(first.hosting.python)).packages
    for packages in (changed, there):
        for stack in fit:
            if stack.requirements and named(stack.requirements[0])[0] in packages:
                return stack.name
    return fit[0].name
