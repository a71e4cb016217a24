"""Sessions for what is not measured in cells, profiles and counts: one of their own, or one that has its numbers."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console

from stacklab.catalog.catalogue import read
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options.axes import RequestedAxes, Selection
from stacklab.cli.options.placement import Placement
from stacklab.cli.options.redaction import recorded_command
from stacklab.cli.own_app import remembered
from stacklab.cli.plans import plan_without_cells
from stacklab.cli.preparation import Environments, machine, new_session, session_of
from stacklab.errors import UsageError
from stacklab.machine import Machine
from stacklab.store.journal import Journal


@contextmanager
def fresh_without_cells(
    workspace: Workspace,
    selection: Selection,
    requested: RequestedAxes,
    placement: Placement,
    console: Console,
    *,
    instead_of_cells: str,
) -> Iterator[tuple[Journal, Machine]]:
    """A new session without cells, and the machine for what is recorded instead."""
    with machine(workspace, placement, requested=requested) as here:
        plan = plan_without_cells(
            read(workspace),
            selection,
            requested.axes,
            Environments(here, console),
            command=recorded_command(click.get_current_context()),
            instead_of_cells=instead_of_cells,
        )
        yield new_session(plan, workspace), here


@contextmanager
def beside(
    session: str, workspace: Workspace, requested: RequestedAxes, placement: Placement, *, trusted: bool
) -> Iterator[tuple[Journal, Machine]]:
    """A session of `stacklab run` that has its plan, and the machine to record more of it. Raises UsageError."""
    journal = session_of(session, workspace, trusted=trusted, requested=requested)
    if journal.plan.claims:
        raise UsageError(f"{journal.folder.name} is a session of claims; name one of `stacklab run`, or none")
    with machine(workspace, placement, requested=requested, hostings=remembered(journal)) as here:
        yield journal, here
