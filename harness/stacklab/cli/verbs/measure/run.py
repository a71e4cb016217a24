"""``stacklab run``: measure."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import click
from rich.console import Console

from stacklab.analysis.gates.judgement import judged
from stacklab.analysis.results import judge
from stacklab.catalog.catalogue import Catalogue, read
from stacklab.catalog.ways import Way
from stacklab.catalog.workspace import Workspace
from stacklab.cli.maxima import served_at_most
from stacklab.cli.options.app import own_app_options
from stacklab.cli.options.axes import RequestedAxes, Selection, axis_options, selection_options
from stacklab.cli.options.effort import Effort, effort_options
from stacklab.cli.options.gate import Gate, gate_options
from stacklab.cli.options.order import InOrder
from stacklab.cli.options.placement import Placement, machine_options
from stacklab.cli.options.redaction import recorded_command
from stacklab.cli.options.session import (
    called,
    name_option,
    require_no_plan,
    resume_option,
    trust_option,
    workspace_option,
)
from stacklab.cli.own_app import bring, rehearsed, remember, remembered
from stacklab.cli.plans import plan_of
from stacklab.cli.preparation import Environments, machine, new_session, session_of, start_backends
from stacklab.cli.show.consoles import messages, results
from stacklab.cli.show.gate import conclude_gate
from stacklab.cli.show.interruption import Interruption
from stacklab.cli.show.outcome import announce, conclude
from stacklab.cli.show.progress import RunProgress
from stacklab.cli.show.void import void_cells
from stacklab.cli.verbs.measure.count import chosen_source, take_counts
from stacklab.cli.verbs.measure.profile import DEFAULT_SECONDS, pairs_of, take_profiles
from stacklab.effects.machine.host import read_host
from stacklab.engine import loop
from stacklab.errors import UsageError
from stacklab.machine import Machine
from stacklab.model.measured.counting import CountEffort, CountSource
from stacklab.model.measured.estimate import seconds_of
from stacklab.model.measured.record import Failed, Stage
from stacklab.model.plan import Plan
from stacklab.model.together import takes_turns
from stacklab.report.session.words.turns import exceptions_in_words
from stacklab.store.calibration import ceiling_for
from stacklab.store.journal import Journal
from stacklab.store.session import PAGE, StoredSession

INPUT_STAGES = {Stage.ENVIRONMENT, Stage.BOOT}
"""Where a failure means that the user has to fix something: exit code 2, if it kept everything from running."""


@click.command("run", cls=InOrder)
@selection_options
@axis_options
@own_app_options
@effort_options
@click.option(
    "--profile",
    "with_profile",
    is_flag=True,
    help="Record a flamegraph of every stack under every scenario afterwards.",
)
@click.option(
    "--count",
    "with_count",
    is_flag=True,
    help="Count the instructions per request of every stack under every scenario afterwards.",
)
@gate_options
@resume_option
@trust_option
@machine_options
@workspace_option
@name_option
def verb(
    *,
    selection: Selection,
    requested: RequestedAxes,
    own: tuple[Way, ...],
    effort: Effort,
    with_profile: bool,
    with_count: bool,
    gate: Gate,
    resume: str | None,
    trusted: bool,
    placement: Placement,
    workspace: Workspace,
) -> int:
    """Measure stacks under scenarios.

    Every stack is measured under every scenario in several rounds, each time with a fresh server. In a round, the
    stacks of a scenario take turns: each gets short slices of load, in random order. Without --stack and --scenario,
    everything is measured. With --app, your own app is measured on every server that can host it; see
    docs/bringing-an-app.md.

    Exit code 0: every cell was measured, and all promises hold. 1: some cells failed or are void, or a promise of
    --fail-if or --promises fails. 2: no cell was measured, because of something that you can fix. 4: no promise fails,
    and one cannot be told.
    """
    limits = gate.limits()
    source = chosen_source() if with_count else None
    job = _Job(workspace, requested, placement, messages())
    if resume is not None:
        session = _resumed(job, resume, trusted=trusted)
    elif own:
        session = _of_own_app(job, own, selection, effort.by_default("quick"))
    else:
        session = _fresh(job, selection, effort)
    with session as (journal, here):
        tally = measure_all(journal, here, job.console, with_profile=with_profile, count_by=source)
    result = judge(StoredSession.open(journal.folder))
    tally.void = tuple(void_cells(result))
    _print(journal, tally, job.console)
    answers = conclude_gate(gate, judged(result.cells, limits), journal.folder.name)
    return tally.exit_code or answers


@dataclass(frozen=True, slots=True)
class _Job:
    """What every session needs, whatever it measures."""

    workspace: Workspace
    requested: RequestedAxes
    placement: Placement
    console: Console

    def plan(self, catalogue: Catalogue, selection: Selection, effort: Effort, here: Machine) -> Plan:
        """What is to be measured; the environments are made for it."""
        plan = plan_of(
            catalogue,
            selection,
            self.requested.axes,
            effort,
            Environments(here, self.console),
            command=recorded_command(click.get_current_context()),
            ceiling_rps=ceiling_for(read_host(), self.workspace.results),
            one_port=self.placement.port is not None,
            served_at_most=served_at_most(here, self.console),
        )
        for name, maximum in plan.maxima.items():
            said = f"{name}: {maximum.stack} serves {maximum.rps:.0f} requests per second at most"
            self.console.print(said, markup=False)
        for sentence in exceptions_in_words(plan):
            self.console.print(sentence, markup=False)
        return plan

    def start(self, plan: Plan, here: Machine) -> Journal:
        """Start a session for the plan, with the backends that its cells need."""
        start_backends(plan, plan.cells, here, self.console)
        return new_session(plan, self.workspace)


@contextmanager
def _fresh(job: _Job, selection: Selection, effort: Effort) -> Iterator[tuple[Journal, Machine]]:
    """A new session of stacks, and the machine to measure it on."""
    with machine(job.workspace, job.placement, requested=job.requested) as here:
        plan = job.plan(read(job.workspace), selection, effort, here)
        yield job.start(plan, here), here


@contextmanager
def _of_own_app(
    job: _Job, own: tuple[Way, ...], selection: Selection, effort: Effort
) -> Iterator[tuple[Journal, Machine]]:
    """A new session of the user's app, and the machine to measure it on."""
    if selection != Selection():
        raise UsageError("--app: choose servers with --server, and requests with --path or in app.toml")
    brought = bring(own, job.workspace, job.console)
    with machine(job.workspace, job.placement, requested=job.requested, hostings=brought.hostings) as here:
        known = rehearsed(brought, read(job.workspace), here, job.console)
        plan = job.plan(known.catalogue, selection, effort, here)
        journal = job.start(known.completed(plan), here)
        remember(journal, brought.hostings)
        yield journal, here


@contextmanager
def _resumed(job: _Job, name: str, *, trusted: bool) -> Iterator[tuple[Journal, Machine]]:
    """The session of that name, and the machine to go on with it."""
    require_no_plan()
    journal = session_of(name, job.workspace, trusted=trusted, requested=job.requested)
    if journal.plan.claims:
        instead = f"stacklab reproduce --resume {called(journal.folder)}"
        raise UsageError(f"{journal.folder.name} is a session of claims; continue it with `{instead}`")
    if journal.plan.capacity is not None:
        instead = f"stacklab capacity --resume {called(journal.folder)}"
        raise UsageError(f"{journal.folder.name} is a session of capacity; continue it with `{instead}`")
    if job.placement.port is not None and takes_turns(journal.plan):
        raise UsageError(f"the servers of {journal.folder.name} run at once and cannot share a port; leave --port out")
    with machine(job.workspace, job.placement, requested=job.requested, hostings=remembered(journal)) as here:
        start_backends(journal.plan, journal.missing(), here, job.console)
        yield journal, here


@dataclass(slots=True)
class _Tally:
    """How many cells there were, and what became of them."""

    cells: int = 0
    measured: int = 0
    failed: Counter[Stage] = field(default_factory=Counter)
    void: tuple[str, ...] = ()
    """What was measured and does not count, a sentence each."""

    @property
    def exit_code(self) -> int:
        """0: all count; 1: some failed or are void; 2: all failed, for a reason that the user can remove."""
        if not self.measured and self.failed.keys() & INPUT_STAGES:
            return UsageError.exit_code
        return 1 if self.failed or self.void else 0


def measure_all(
    journal: Journal, here: Machine, console: Console, *, with_profile: bool, count_by: CountSource | None
) -> _Tally:
    """Measure what is missing; Ctrl-C says how to continue."""
    tally = _Tally()
    plan, missing = journal.plan, journal.missing()
    announce(plan, missing, console)
    progress = RunProgress(console, cells=missing, seconds=partial(seconds_of, plan=plan))
    try:
        with progress, Interruption() as interruption:
            runs = loop.run_plan(
                journal.plan,
                here,
                journal,
                on_start=progress.starts,
                on_discarded=progress.discards,
                on_round_added=progress.expects,
            )
            for run in interruption.between(runs):
                progress.ends(run)
                if isinstance(run, Failed):
                    tally.failed[run.stage] += 1
                else:
                    tally.measured += 1
        if with_profile:
            take_profiles(journal, here, console, pairs=pairs_of(journal.plan), seconds=DEFAULT_SECONDS)
        if count_by is not None:
            take_counts(journal, here, console, pairs=pairs_of(journal.plan), source=count_by, effort=CountEffort())
    except KeyboardInterrupt:
        again = f"stacklab run --resume {called(journal.folder)}"
        progress.interrupted(journal.folder, missing=len(journal.missing()), again=again)
        raise
    tally.cells = progress.cells
    return tally


def _print(journal: Journal, tally: _Tally, console: Console) -> None:
    cells = "1 cell" if tally.cells == 1 else f"{tally.cells} cells"
    void = f", {len(tally.void)} void" if tally.void else ""
    console.print(f"wrote {journal.folder}: {cells}, {tally.failed.total()} failed{void}", markup=False)
    for why in tally.void:
        console.print(f"  void: {why}", markup=False)
    conclude(journal.folder, results(), console)
    console.print(f"Next: stacklab report {called(journal.folder)}  (writes {PAGE})", markup=False)
