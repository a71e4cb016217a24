"""``stacklab run``: measure."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from stacklab.catalog import catalogue, workspace
from stacklab.cli.backends import start_backends
from stacklab.cli.environments import Environments
from stacklab.cli.options.app import bring, own_app_options, rehearsed, remember, remembered
from stacklab.cli.options.axes import Asked, axis_options, require_places
from stacklab.cli.options.placement import (
    ABOVE_ZERO,
    Finite,
    Placement,
    Share,
    called,
    machine,
    machine_options,
    repeat_option,
    require_no_plan,
    results_option,
    selection,
)
from stacklab.cli.plans import plan_of
from stacklab.cli.profiling import DEFAULT_SECONDS, pairs_of, take_profiles
from stacklab.cli.show.interruption import Interruption
from stacklab.cli.show.progress import RunProgress
from stacklab.effects import clock
from stacklab.effects.machine.host import read_host
from stacklab.engine import loop
from stacklab.errors import UsageError
from stacklab.machine import Machine
from stacklab.model.own_app import OwnApp
from stacklab.model.plan import PRESETS
from stacklab.model.record import Failed, Stage
from stacklab.store.calibration import ceiling_for
from stacklab.store.journal import Journal
from stacklab.store.session import locate

PLANNED = ("preset", "rounds", "warmup", "measure", "seed", "noise_floor", "until", "budget", "repeat_disturbed")
"""The parameters that are kept in the plan of a session."""

INPUT_STAGES = {Stage.ENVIRONMENT, Stage.BOOT}
"""Where a failure means that something of the user's has to be mended: exit code 2, if it kept all from running."""


@click.command("run")
@selection
@axis_options
@own_app_options
@click.option("--preset", type=click.Choice(list(PRESETS)), help="How much: standard, or quick with --app.")
@click.option("--rounds", type=click.IntRange(1), help="Fresh servers per stack and scenario.")
@click.option("--warmup", type=Finite(min=0), metavar="S", help="Exactly so many seconds of load before measuring.")
@click.option("--measure", type=ABOVE_ZERO, metavar="S", help="Seconds of measurement.")
@click.option("--seed", type=click.IntRange(0), help="Of the order and the arrivals; drawn and stored by default.")
@click.option(
    "--no-noise-floor", "noise_floor", is_flag=True, flag_value=False, default=True, help="Measure no stack twice."
)
@click.option("--until", type=Share(), help="Add rounds until every interval is as narrow as ±3%, for example.")
@click.option("--budget", type=ABOVE_ZERO, metavar="S", help="Seconds after which --until adds no more; 900.")
@repeat_option
@click.option("--profile", "with_profile", is_flag=True, help="Then a flamegraph of every stack under every scenario.")
@click.option("--resume", metavar="SESSION", help="Go on where a session stopped; `latest` is the newest.")
@machine_options
@results_option
def verb(
    *,
    stacks: Sequence[str],
    scenarios: Sequence[str],
    own: OwnApp | None,
    preset: str | None,
    rounds: int | None,
    warmup: float | None,
    measure: float | None,
    seed: int | None,
    noise_floor: bool,
    until: float | None,
    budget: float | None,
    repeat_disturbed: int,
    with_profile: bool,
    resume: str | None,
    asked: Asked,
    placement: Placement,
    results: Path | None,
) -> int:
    """Measure stacks under scenarios: each pair in several rounds, with a fresh server each time, in shuffled order.

    Without --stack or --scenario everything is measured. With --app it is an app of your own, on every server that
    can host it; see docs/bringing-an-app.md.

    Exit code 0: every cell was measured; 1: some failed; 2: none was, and something of yours has to be mended.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    place = workspace.find(Path.cwd(), results=results)
    host, journal, brought, hosting = read_host(), None, None, None
    if resume is not None:
        require_no_plan("stacks", "scenarios", "app", *PLANNED)
        journal = Journal.resume(locate(place.results, resume))
        if journal.plan.claims:
            again = f"stacklab reproduce --resume {called(journal.folder)}"
            raise UsageError(f"{journal.folder.name} is a session of claims; `{again}` goes on with it")
        require_places(asked, journal.plan)
        hosting = remembered(journal)
    elif own is not None:
        if stacks or scenarios:
            raise UsageError("--app: choose servers with --server, and requests with --path or in its app.toml")
        brought = bring(own, place, console)
        hosting = brought.hosting
    with machine(place, placement, asked=asked, hosting=hosting) as here:
        if journal is None:
            there_is = catalogue.read(place)
            known = None if brought is None else rehearsed(brought, there_is, here, console)
            plan = plan_of(
                there_is if known is None else known.there_is,
                stacks=stacks,
                scenarios=scenarios,
                axes=asked.axes,
                environments=Environments(here, console),
                preset=preset or ("standard" if own is None else "quick"),
                rounds=rounds,
                warmup_s=warmup,
                measure_s=measure,
                seed=seed,
                noise_floor=noise_floor,
                until=until,
                budget_s=budget,
                repeat_disturbed=repeat_disturbed,
                ceiling_rps=ceiling_for(host, place.results),
            )
            plan = plan if known is None else known.completed(plan)
            start_backends(plan, plan.cells, here, console)
            journal = Journal.create(place.results, plan, host, started_at=clock.utc_now())
            if hosting is not None:
                remember(journal, hosting)
        else:
            start_backends(journal.plan, journal.missing(), here, console)
        return _measure(journal, here, console, with_profile=with_profile)


def _measure(journal: Journal, here: Machine, console: Console, *, with_profile: bool) -> int:
    name = called(journal.folder)
    measured, failed = 0, Counter[Stage]()
    progress = RunProgress(console, cells=len(journal.missing()))
    try:
        with progress, Interruption() as interruption:
            runs = loop.run_plan(
                journal.plan,
                here,
                journal,
                on_start=progress.starts,
                on_discarded=progress.sets_aside,
                on_round_added=progress.expects,
            )
            for run in interruption.between(runs):
                progress.ends(run)
                if isinstance(run, Failed):
                    failed[run.stage] += 1
                else:
                    measured += 1
        if with_profile:
            take_profiles(journal, here, console, pairs=pairs_of(journal.plan), seconds=DEFAULT_SECONDS)
    except KeyboardInterrupt:
        left = len(journal.missing())
        console.print(f"{progress.cells - left} of {progress.cells} cells are kept in {journal.folder}", markup=False)
        console.print(f"Next: stacklab run --resume {name}", markup=False)
        raise
    cells = "1 cell" if progress.cells == 1 else f"{progress.cells} cells"
    console.print(f"wrote {journal.folder}: {cells}, {failed.total()} failed", markup=False)
    console.print(f"Next: stacklab report {name}", markup=False)
    if not measured and failed.keys() & INPUT_STAGES:
        return UsageError.exit_code
    return 1 if failed else 0
