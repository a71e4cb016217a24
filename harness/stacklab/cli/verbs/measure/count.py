"""``stacklab count``: instructions per request, boot by boot, kept as a session of their own or beside the numbers."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click
from rich.console import Console

from stacklab.analysis.instructions.result import count_result
from stacklab.catalog.catalogue import read
from stacklab.catalog.ways import Way
from stacklab.catalog.workspace import Workspace
from stacklab.cli.beside import beside, fresh_without_cells
from stacklab.cli.options import completion
from stacklab.cli.options.app import own_app_options
from stacklab.cli.options.axes import RequestedAxes, Selection, axis_options
from stacklab.cli.options.fields import declared, options_of
from stacklab.cli.options.order import InOrder
from stacklab.cli.options.placement import Placement, machine_options
from stacklab.cli.options.redaction import RecordedArgument, RecordedOption, as_given, recorded_command, without_folder
from stacklab.cli.options.session import called, name_option, trust_option, workspace_option
from stacklab.cli.own_app import bring, rehearsed, remember
from stacklab.cli.plans import plan_without_cells
from stacklab.cli.preparation import Environments, machine, new_session
from stacklab.cli.show.consoles import messages
from stacklab.cli.show.interruption import Interruption
from stacklab.cli.verbs.measure.profile import chosen_pairs, pairs_of
from stacklab.effects import callgrind
from stacklab.effects.machine import instructions
from stacklab.engine import counting
from stacklab.errors import UsageError
from stacklab.machine import Machine
from stacklab.model.measured.counting import Count, CountEffort, CountSource
from stacklab.report.session.words.counted import in_words
from stacklab.store.journal import Journal
from stacklab.store.session import StoredSession


@dataclass(frozen=True, kw_only=True, slots=True)
class CountOptions:
    """How much is counted, and what counts."""

    seeds: int = declared(
        "--seeds",
        type=click.IntRange(2, 99),
        default=5,
        metavar="N",
        kept=as_given,
        help="Number of times each stack is started, with PYTHONHASHSEED 0, 1, 2 and so on (default 5).",
    )
    batch: int = declared(
        "--batch",
        type=click.IntRange(10),
        default=100,
        metavar="N",
        kept=as_given,
        help="Requests of a batch; each boot counts 3 N of them at least (default 100).",
    )
    warmup: int = declared(
        "--warmup-requests",
        type=click.IntRange(0),
        default=300,
        metavar="N",
        kept=as_given,
        help="Requests before anything is counted (default 300).",
    )
    source: str | None = declared(
        "--source",
        type=click.Choice([source.value for source in CountSource]),
        kept=as_given,
        help="What counts (default: the processor, if it shows a counter here; else valgrind's callgrind).",
    )

    @property
    def effort(self) -> CountEffort:
        """How much is counted."""
        return CountEffort(hash_seeds=tuple(range(self.seeds)), requests=self.batch, warmup=self.warmup)


@click.command("count", cls=InOrder)
@click.argument(
    "stacks",
    nargs=-1,
    metavar="[STACK]...",
    shell_complete=completion.stacks,
    cls=RecordedArgument,
    kept=without_folder,
)
@options_of(Selection, "selection", only={"scenarios": ""})
@axis_options
@own_app_options
@options_of(CountOptions, "options")
@click.option(
    "--session",
    cls=RecordedOption,
    kept=without_folder,
    metavar="SESSION",
    shell_complete=completion.sessions,
    help="Count what has no count yet in this session (default: a new one); `latest` is the newest.",
)
@trust_option
@machine_options
@workspace_option
@name_option
def verb(
    *,
    stacks: tuple[str, ...],
    selection: Selection,
    requested: RequestedAxes,
    own: tuple[Way, ...],
    options: CountOptions,
    session: str | None,
    trusted: bool,
    placement: Placement,
    workspace: Workspace,
) -> int:
    """Count the instructions that a request takes.

    STACK is a name or a glob; without one, every stack is counted. A server is started several times, each time with
    another hash seed; it gets one request after the other on one connection, and all that it executes in user mode is
    counted. Where the processor shows no counter of instructions, as in most virtual machines, valgrind counts, which
    works on any machine, however busy. Compare the counts with `stacklab compare`.

    The number says whether a change made a request cheaper or dearer. It is not speed: it leaves out the kernel, all
    waiting, and how requests get in each other's way.

    Exit code 0: everything was counted. 1: some stacks could not be counted. 2: none could be, because of something
    that you can fix.
    """
    source = chosen_source(options.source)
    console = messages()
    selection = Selection(stacks=stacks, scenarios=selection.scenarios)
    if own:
        begun = _of_own_app(own, workspace, selection, requested, placement, console=console, is_new=session is None)
    elif session is None:
        begun = fresh_without_cells(workspace, selection, requested, placement, console, instead_of_cells="count")
    else:
        begun = beside(session, workspace, requested, placement, trusted=trusted)
    with begun as (journal, here):
        pairs = chosen_pairs(journal.plan, selection) if session else tuple(pairs_of(journal.plan))
        failed = take_counts(journal, here, console, pairs=pairs, source=source, effort=options.effort)
    console.print(f"Next: stacklab report {called(journal.folder)}", markup=False)
    return 1 if failed else 0


def chosen_source(wanted: str | None = None) -> CountSource:
    """What counts: the processor where it can, unless something else is wanted. Raises UsageError where nothing can."""
    no_processor = instructions.refusal()
    if wanted == CountSource.CPU or (wanted is None and no_processor is None):
        if no_processor is not None:
            raise UsageError(f"--source cpu cannot count instructions: {no_processor[:1].lower()}{no_processor[1:]}")
        return CountSource.CPU
    no_valgrind = callgrind.refusal()
    if no_valgrind is not None:
        raise UsageError(no_valgrind)
    return CountSource.CALLGRIND


@contextmanager
def _of_own_app(
    own: tuple[Way, ...],
    workspace: Workspace,
    selection: Selection,
    requested: RequestedAxes,
    placement: Placement,
    *,
    console: Console,
    is_new: bool,
) -> Iterator[tuple[Journal, Machine]]:
    """A session of counts of the user's app, and the machine to count on."""
    if selection != Selection():
        raise UsageError("--app: choose servers with --server, and requests with --path or in app.toml")
    if not is_new:
        raise UsageError("--app: a session that exists knows its app; leave out --app or --session")
    brought = bring(own, workspace, console)
    with machine(workspace, placement, requested=requested, hostings=brought.hostings) as here:
        known = rehearsed(brought, read(workspace), here, console)
        plan = plan_without_cells(
            known.catalogue,
            selection,
            requested.axes,
            Environments(here, console),
            command=recorded_command(click.get_current_context()),
            instead_of_cells="count",
        )
        journal = new_session(known.completed(plan), workspace)
        remember(journal, brought.hostings)
        yield journal, here


def take_counts(
    journal: Journal,
    here: Machine,
    console: Console,
    *,
    pairs: Iterable[tuple[str, str]],
    source: CountSource,
    effort: CountEffort,
) -> int:
    """Count each pair that has no count yet, and keep it; gives how many could not be counted."""
    counted = {(one.stack, one.scenario) for one in StoredSession.open(journal.folder).counts if one.failed is None}
    failed = 0
    with Interruption() as interruption:
        for stack, scenario in interruption.between([pair for pair in pairs if pair not in counted]):
            with console.status(f"counting {stack} under {scenario}"):
                blank = Count(stack=stack, scenario=scenario, started_at=here.utc_now(), source=source, effort=effort)
                taken = counting.count(blank, journal.plan, here, journal.start(blank))
                journal.keep_count(taken, here.redactions())
            failed += taken.failed is not None
            console.print(in_words(count_result(taken)), markup=False)
    return failed
