"""``stacklab profile``: flamegraphs, taken in runs of their own and kept beside the numbers that they explain."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final

import click
from rich.console import Console

from stacklab.analysis.profiles.result import profile_result
from stacklab.catalog.catalogue import Catalogue
from stacklab.catalog.layers import read_layers
from stacklab.catalog.workspace import Workspace
from stacklab.cli.beside import beside, fresh_without_cells
from stacklab.cli.options import completion
from stacklab.cli.options.axes import RequestedAxes, Selection, axis_options, selection_options
from stacklab.cli.options.placement import Placement, machine_options
from stacklab.cli.options.redaction import RecordedOption, as_given, without_folder
from stacklab.cli.options.session import called, name_option, trust_option, workspace_option
from stacklab.cli.options.types import ABOVE_ZERO
from stacklab.cli.show.consoles import messages
from stacklab.effects import clock
from stacklab.engine import loop
from stacklab.machine import Machine
from stacklab.model.measured.profile import Profile
from stacklab.model.plan import Plan
from stacklab.report.profile import flamegraph
from stacklab.report.profile.block import profile_block
from stacklab.report.profile.files import files
from stacklab.store.documents import replace_text, writing
from stacklab.store.journal import Journal
from stacklab.store.session import StoredSession

DEFAULT_SECONDS: Final = 5.0
DEFAULT_RATE_HZ: Final = 400


@click.command("profile")
@selection_options
@axis_options
@click.option(
    "--session",
    cls=RecordedOption,
    kept=without_folder,
    metavar="SESSION",
    shell_complete=completion.sessions,
    help="Add the profiles to this session (default: a new one); `latest` is the newest.",
)
@click.option(
    "--seconds",
    cls=RecordedOption,
    kept=as_given,
    type=ABOVE_ZERO,
    default=DEFAULT_SECONDS,
    metavar="S",
    help="Sample each stack for S seconds (default 5).",
)
@click.option(
    "--sampling-rate",
    cls=RecordedOption,
    kept=as_given,
    type=click.IntRange(1, 1000),
    default=DEFAULT_RATE_HZ,
    metavar="HZ",
    help="Samples per second (default 400).",
)
@trust_option
@click.option(
    "--boots",
    cls=RecordedOption,
    kept=as_given,
    type=click.IntRange(1, 20),
    default=1,
    metavar="N",
    help="Take N profiles of each stack, each from a fresh boot, for `compare --profiles` (default 1).",
)
@machine_options
@workspace_option
@name_option
def verb(
    *,
    selection: Selection,
    requested: RequestedAxes,
    session: str | None,
    trusted: bool,
    seconds: float,
    sampling_rate: int,
    boots: int,
    placement: Placement,
    workspace: Workspace,
) -> int:
    """Record flamegraphs of stacks under load.

    py-spy samples every process of a stack under the load of a scenario, in runs that are not measured. The kernel
    says how long each thread ran, so that waiting is not counted as work. For each, the session gets a
    `flamegraph.html`, and files for speedscope.app, pprof and flamegraph.pl.
    """
    console = messages()
    if session is None:
        begun = fresh_without_cells(workspace, selection, requested, placement, console, instead_of_cells="profile")
    else:
        begun = beside(session, workspace, requested, placement, trusted=trusted)
    with begun as (journal, here):
        pairs = pairs_of(journal.plan) if session is None else chosen_pairs(journal.plan, selection)
        failed = take_profiles(journal, here, console, pairs=pairs, seconds=seconds, rate_hz=sampling_rate, boots=boots)
    console.print(f"Next: stacklab report {called(journal.folder)}", markup=False)
    return 1 if failed else 0


def chosen_pairs(plan: Plan, selection: Selection) -> list[tuple[str, str]]:
    """The pairs of the plan that the globs choose."""
    catalogue = Catalogue(
        contract=plan.contract,
        stacks={stack.name: stack for stack in plan.stacks},
        scenarios={scenario.name: scenario for scenario in plan.scenarios},
    )
    stacks = {stack.name for stack in catalogue.choose_stacks(selection.stacks)}
    scenarios = {scenario.name for scenario in catalogue.choose_scenarios(selection.scenarios)}
    return [(stack, scenario) for stack, scenario in pairs_of(plan) if stack in stacks and scenario in scenarios]


def pairs_of(plan: Plan) -> Iterator[tuple[str, str]]:
    """Every stack and scenario of the plan that fit together."""
    skipped = {(pair.stack, pair.scenario) for pair in plan.skipped}
    for stack in plan.stacks:
        for scenario in plan.scenarios:
            if (stack.name, scenario.name) not in skipped:
                yield stack.name, scenario.name


def take_profiles(
    journal: Journal,
    here: Machine,
    console: Console,
    *,
    pairs: Iterable[tuple[str, str]],
    seconds: float,
    rate_hz: int = DEFAULT_RATE_HZ,
    boots: int = 1,
) -> int:
    """Profile each pair and keep flamegraph and samples; gives how many could not be profiled.

    Of several boots, each pair has its turn before any has its next, so that what changes on the machine changes all.
    """
    failed = 0
    layers = read_layers(here.workspace)
    for number, (stack, scenario) in product(range(1, boots + 1), tuple(pairs)):
        wanted = Profile(
            stack=stack,
            scenario=scenario,
            started_at=clock.utc_now(),
            seconds=seconds,
            rate_hz=rate_hz,
            number=number,
        )
        folder = journal.start(wanted)
        taken = loop.profile(wanted, journal.plan, here, folder)
        journal.keep_profile(taken, here.redactions())
        if taken.failed is not None:
            failed += 1
            console.print(f"no profile of {stack} under {scenario}: {taken.failed}", markup=False)
            continue
        result = profile_result(StoredSession.open(journal.folder), taken, layers)
        with writing(folder):
            block = profile_block(result, layers)
            page = flamegraph.standalone(block, templates=here.workspace.templates)
            replace_text(folder / "flamegraph.html", page)
            for name, content in files(result.stacks, title=f"{stack} under {scenario}", unit=block.unit).items():
                (folder / name).write_bytes(content)
        console.print(f"wrote {folder / 'flamegraph.html'}", markup=False)
    return failed
