"""``stacklab capacity``: the largest load under which a stack keeps a promise."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import click
from rich.console import Console

from stacklab.analysis.gates.judgement import judged_capacities
from stacklab.catalog.catalogue import Catalogue, read
from stacklab.catalog.ways import Way
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options.app import own_app_options
from stacklab.cli.options.axes import RequestedAxes, Selection, axis_options, require_places, selection_options
from stacklab.cli.options.effort import Effort, drawn_seed
from stacklab.cli.options.gate import Gate, capacity_gate_options
from stacklab.cli.options.placement import Placement, machine_options
from stacklab.cli.options.redaction import RecordedOption, as_given, recorded_command
from stacklab.cli.options.session import called, require_no_plan, resume_option, trust_option, workspace_option
from stacklab.cli.options.types import ABOVE_ZERO
from stacklab.cli.own_app import bring, rehearsed, remember, remembered
from stacklab.cli.plans import plan_of
from stacklab.cli.preparation import Environments, machine, new_session, session_of, start_backends
from stacklab.cli.show.consoles import messages
from stacklab.cli.show.gate import conclude_gate
from stacklab.cli.show.interruption import Interruption
from stacklab.cli.show.progress import RunProgress
from stacklab.effects.machine.host import read_host
from stacklab.engine.capacity import run_capacity
from stacklab.errors import UsageError
from stacklab.machine import Machine
from stacklab.model import promise
from stacklab.model.measured.capacity import BURST_SUFFIX, CapacityPlan, burst_of
from stacklab.model.plan import Cell, Plan, PlannedRun
from stacklab.model.promise import ServicePromise
from stacklab.model.traffic.load import Open
from stacklab.model.traffic.scenario import Scenario
from stacklab.report.session import text
from stacklab.report.session.view import build_view
from stacklab.store.calibration import ceiling_for
from stacklab.store.journal import Journal
from stacklab.store.session import StoredSession
from stacklab.units import Seconds

USUAL_BOOTS: Final = 5
USUAL_LADDER_S: Final[Seconds] = 28.0
SHORTEST_LADDER_S: Final[Seconds] = 10.0
BURST_S: Final[Seconds] = 3.0
AROUND_S: Final[Seconds] = 5.0
"""What a boot takes beyond its ladder and its burst: to start, to verify, and to stop."""

MOST_PROMISES: Final = 4
CONNECTIONS: Final = 256
"""Of a ladder, at most: as many requests may be in flight."""


@click.command("capacity")
@click.option(
    "--slo",
    "promises",
    cls=RecordedOption,
    kept=as_given,
    planned=True,
    multiple=True,
    metavar="PROMISE",
    help="Promise to keep under load, such as 'p99<50ms' or 'errors<1%'; repeatable.",
)
@selection_options
@axis_options
@own_app_options
@click.option(
    "--boots",
    cls=RecordedOption,
    kept=as_given,
    planned=True,
    type=click.IntRange(2),
    metavar="N",
    help=f"Number of fresh servers of each stack (default {USUAL_BOOTS}); they are the replicates of the interval.",
)
@click.option(
    "--budget",
    "budget_s",
    cls=RecordedOption,
    kept=as_given,
    planned=True,
    type=ABOVE_ZERO,
    metavar="S",
    help="Spend about S seconds on all boots (default: 36 s for each boot of a stack).",
)
@click.option(
    "--seed",
    cls=RecordedOption,
    kept=as_given,
    planned=True,
    type=click.IntRange(0),
    metavar="N",
    help="Seed of the running order and the arrivals (default: a random one, stored in the session).",
)
@capacity_gate_options
@resume_option
@trust_option
@machine_options
@workspace_option
def verb(
    *,
    promises: tuple[str, ...],
    selection: Selection,
    requested: RequestedAxes,
    own: tuple[Way, ...],
    boots: int | None,
    budget_s: Seconds | None,
    seed: int | None,
    gate: Gate,
    resume: str | None,
    trusted: bool,
    placement: Placement,
    workspace: Workspace,
) -> int:
    """Find the largest load under which a stack keeps a promise.

    Every stack is booted several times. In each boot a closed loop finds the maximum, and open loops at shares of it
    find the load at which the promise breaks. With --app, your own app is measured on every server that can host it.

    Exit code 0: every capacity is known, and all conditions hold. 1: some are not, and the output says why; or a
    condition of --fail-if is certain. 2: nothing was measured, because of something that you can fix. 4: a condition
    cannot be told.
    """
    limits = gate.limits_of_capacity()
    job = _CapacityJob(workspace, requested, placement, messages())
    if resume is not None:
        session = _resumed(job, resume, trusted=trusted)
    else:
        wanted = tuple(promise.parse(one) for one in promises)
        if not wanted:
            raise UsageError("name the promise to keep with --slo, such as --slo 'p99<50ms'")
        if len(wanted) > MOST_PROMISES:
            raise UsageError(f"--slo: {len(wanted)} promises are too many for one boot; name {MOST_PROMISES} at most")
        effort = _Sought(wanted, boots or USUAL_BOOTS, budget_s, drawn_seed() if seed is None else seed)
        session = _fresh(job, effort, selection) if not own else _of_own_app(job, effort, own, selection)
    with session as (journal, here):
        _measure(journal, here, job.console)
    view = build_view(StoredSession.open(journal.folder))
    text.render(view, Console())
    job.console.print(f"Next: stacklab report {called(journal.folder)}", markup=False)
    answers = conclude_gate(gate, judged_capacities(view.capacities, limits), journal.folder.name)
    return answers or int(any(one.capacity is None for one in view.capacities))


@dataclass(frozen=True, slots=True)
class _CapacityJob:
    """What every session of capacity needs."""

    workspace: Workspace
    requested: RequestedAxes
    placement: Placement
    console: Console

    def plan(self, catalogue: Catalogue, selection: Selection, sought: "_Sought", here: Machine) -> Plan:
        """What is to be measured; the environments are made for it."""
        plan = plan_of(
            catalogue,
            selection,
            self.requested.axes,
            Effort(preset="quick", rounds=sought.boots, seed=sought.seed, noise_floor=False),
            Environments(here, self.console),
            command=recorded_command(click.get_current_context()),
            ceiling_rps=ceiling_for(read_host(), self.workspace.results),
        )
        return sought.of(plan)


@dataclass(frozen=True, slots=True)
class _Sought:
    """What is looked for, and how long."""

    promises: tuple[ServicePromise, ...]
    boots: int
    budget_s: Seconds | None
    seed: int

    def of(self, plan: Plan) -> Plan:
        """The plan with two loads for each scenario, and with what is looked for."""
        boots = max(1, len(plan.cells))
        ladder_s = USUAL_LADDER_S
        if self.budget_s is not None:
            ladder_s = self.budget_s / boots - BURST_S - AROUND_S
            if ladder_s < SHORTEST_LADDER_S:
                least = boots * (SHORTEST_LADDER_S + BURST_S + AROUND_S)
                raise UsageError(
                    f"--budget {self.budget_s:g}: {boots} boots take {least:.0f} s at least; raise it, or choose fewer "
                    "stacks or --boots"
                )
        return replace(
            plan,
            scenarios=tuple(load for scenario in plan.scenarios for load in _loads(scenario)),
            cells=tuple(
                run
                for cell in plan.cells
                if isinstance(cell, Cell)
                for run in (replace(cell, scenario=f"{cell.scenario}{BURST_SUFFIX}"), cell)
            ),
            repeat_disturbed=0,
            twin=None,
            plateau=None,
            measure_s=BURST_S,
            capacity=CapacityPlan(promises=self.promises, ladder_s=ladder_s),
        )


def _loads(scenario: Scenario) -> Iterator[Scenario]:
    """The closed loop that finds the maximum, and the open loop of the ladder, whose rate follows from that."""
    if scenario.load.steps:
        raise UsageError(f"{scenario.name}: its load changes in steps; name a scenario with a single load")
    yield burst_of(scenario)
    connections = max(CONNECTIONS, scenario.load.connections)
    yield replace(scenario, warmup_s=None, measure_s=None, load=Open(rate=1.0, connections=connections))


@contextmanager
def _fresh(job: _CapacityJob, sought: _Sought, selection: Selection) -> Iterator[tuple[Journal, Machine]]:
    """A new session of stacks, and the machine to measure it on."""
    if not selection.scenarios:
        raise UsageError("name the traffic with --scenario, such as --scenario json")
    with machine(job.workspace, job.placement, requested=job.requested) as here:
        plan = job.plan(read(job.workspace), selection, sought, here)
        start_backends(plan, plan.cells, here, job.console)
        yield new_session(plan, job.workspace), here


@contextmanager
def _of_own_app(
    job: _CapacityJob, sought: _Sought, own: tuple[Way, ...], selection: Selection
) -> Iterator[tuple[Journal, Machine]]:
    """A new session of the user's app, and the machine to measure it on."""
    if selection != Selection():
        raise UsageError("--app: choose servers with --server, and requests with --path or in app.toml")
    brought = bring(own, job.workspace, job.console)
    with machine(job.workspace, job.placement, requested=job.requested, hostings=brought.hostings) as here:
        known = rehearsed(brought, read(job.workspace), here, job.console)
        journal = new_session(known.completed(job.plan(known.catalogue, selection, sought, here)), job.workspace)
        remember(journal, brought.hostings)
        yield journal, here


@contextmanager
def _resumed(job: _CapacityJob, name: str, *, trusted: bool) -> Iterator[tuple[Journal, Machine]]:
    """The session of that name, and the machine to go on with it."""
    require_no_plan()
    journal = session_of(name, job.workspace, trusted=trusted, requested=job.requested)
    if journal.plan.capacity is None:
        instead = f"stacklab run --resume {called(journal.folder)}"
        raise UsageError(f"{journal.folder.name} is no session of capacity; continue it with `{instead}`")
    require_places(job.requested, journal.plan)
    with machine(job.workspace, job.placement, requested=job.requested, hostings=remembered(journal)) as here:
        start_backends(journal.plan, journal.missing(), here, job.console)
        yield journal, here


def _measure(journal: Journal, here: Machine, console: Console) -> None:
    """Measure what is missing; Ctrl-C says how to continue."""
    plan = journal.plan
    ladder_s = USUAL_LADDER_S if plan.capacity is None else plan.capacity.ladder_s

    def seconds(run: PlannedRun) -> Seconds:
        is_burst = isinstance(run, Cell) and run.scenario.endswith(BURST_SUFFIX)
        return BURST_S + AROUND_S if is_burst else ladder_s

    progress = RunProgress(console, cells=journal.missing(), seconds=seconds)
    try:
        with progress, Interruption() as interruption:
            for run in interruption.between(run_capacity(plan, here, journal, on_start=progress.starts)):
                progress.ends(run)
    except KeyboardInterrupt:
        again = f"stacklab capacity --resume {called(journal.folder)}"
        progress.interrupted(journal.folder, missing=len(journal.missing()), again=again)
        raise
