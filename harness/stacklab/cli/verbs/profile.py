"""``stacklab profile``: flamegraphs."""

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from stacklab.catalog import catalogue, workspace
from stacklab.catalog.catalogue import Catalogue
from stacklab.cli.environments import Environments
from stacklab.cli.options.app import remembered
from stacklab.cli.options.axes import Asked, axis_options, require_places
from stacklab.cli.options.placement import (
    ABOVE_ZERO,
    Placement,
    called,
    machine,
    machine_options,
    results_option,
    selection,
)
from stacklab.cli.plans import plan_without_cells
from stacklab.cli.profiling import DEFAULT_RATE_HZ, DEFAULT_SECONDS, pairs_of, take_profiles
from stacklab.effects import clock
from stacklab.effects.machine.host import read_host
from stacklab.errors import UsageError
from stacklab.model.plan import Plan
from stacklab.store.journal import Journal
from stacklab.store.session import locate


@click.command("profile")
@selection
@axis_options
@click.option("--session", metavar="SESSION", help="Put the profiles beside the numbers of a session, or of `latest`.")
@click.option("--seconds", type=ABOVE_ZERO, default=DEFAULT_SECONDS, show_default=True, help="How long to sample.")
@click.option(
    "--rate", type=click.IntRange(1, 1000), default=DEFAULT_RATE_HZ, show_default=True, help="Samples a second."
)
@machine_options
@results_option
def verb(
    *,
    stacks: Sequence[str],
    scenarios: Sequence[str],
    session: str | None,
    seconds: float,
    rate: int,
    asked: Asked,
    placement: Placement,
    results: Path | None,
) -> int:
    """Sample every worker of a stack with py-spy under a scenario's load, in runs of their own.

    Leaves `flamegraph.html` and `speedscope.json` (for speedscope.app) in the session.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    place = workspace.find(Path.cwd(), results=results)
    journal = None if session is None else Journal.resume(locate(place.results, session))
    if journal is not None and journal.plan.claims:
        raise UsageError(f"{journal.folder.name} is a session of claims; name one of `stacklab run`, or leave it out")
    hosting = None if journal is None else remembered(journal)
    with machine(place, placement, asked=asked, hosting=hosting) as here:
        if journal is None:
            plan = plan_without_cells(
                catalogue.read(place),
                stacks=stacks,
                scenarios=scenarios,
                axes=asked.axes,
                environments=Environments(here, console),
            )
            journal = Journal.create(place.results, plan, read_host(), started_at=clock.utc_now())
            pairs = list(pairs_of(plan))
        else:
            require_places(asked, journal.plan)
            pairs = _chosen(journal.plan, stacks, scenarios)
        failed = take_profiles(journal, here, console, pairs=pairs, seconds=seconds, rate_hz=rate)
    console.print(f"Next: stacklab report {called(journal.folder)}", markup=False)
    return 1 if failed else 0


def _chosen(plan: Plan, stacks: Sequence[str], scenarios: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of the plan that the globs choose."""
    there_is = Catalogue(
        contract=plan.contract,
        stacks={stack.name: stack for stack in plan.stacks},
        scenarios={scenario.name: scenario for scenario in plan.scenarios},
    )
    names = {stack.name for stack in there_is.choose_stacks(stacks)}
    under = {scenario.name for scenario in there_is.choose_scenarios(scenarios)}
    return [(stack, scenario) for stack, scenario in pairs_of(plan) if stack in names and scenario in under]
