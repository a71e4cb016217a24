"""The only loop: provide, boot, verify, drive and observe, verify again, stop.

Rule 1: every effect goes through ``World``; this file is tested without a process.
Rule 2: a run that fails is a result. Only a broken harness raises.
Rule 3: a cell is stored before the next one begins.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from stacklab.analysis.rounds.stopping import duration_s
from stacklab.engine.orders import order_for, schedule_seed, serving
from stacklab.engine.rounds import Precision, may_repeat, wants_round, was_disturbed
from stacklab.engine.world import DriverT, World
from stacklab.errors import StageError
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.plan import Cell, Plan, PlannedRun, ProgramRun
from stacklab.model.record import (
    BackendCount,
    BackendUse,
    Completed,
    Failed,
    Profile,
    Ran,
    Run,
    Stage,
)
from stacklab.model.traffic.contract import Backend
from stacklab.model.traffic.exchange import exchanges, promised
from stacklab.store.journal import Journal
from stacklab.store.session import Session
from stacklab.units import NS_PER_S, Seconds

CANNOT_RUN_HERE: Final = 3
"""The exit code by which a program says that this machine, or its environment, has not what it needs."""

ATTACH_S: Final[Seconds] = 1.0
"""What the profiler takes to find Python in a server before it samples; the load must not end meanwhile."""


def run_plan(
    plan: Plan,
    world: World[DriverT],
    journal: Journal,
    *,
    on_start: Callable[[PlannedRun], None],
    on_discarded: Callable[[PlannedRun], None] = lambda _: None,
    on_round_added: Callable[[Sequence[PlannedRun]], None] = lambda _: None,
) -> Iterator[Run]:
    """Measure every cell that has no run yet, in order, and add rounds as long as the plan's stopping rule wants them.

    A run that something else disturbed is set aside, and its cell measured again at the end of its round. A claim is
    given up when one of its programs says that it cannot run here.
    """
    begin_ns = world.now_ns()
    before_s = sum(duration_s(run) for run in Session.open(journal.folder).runs if isinstance(run, Completed))
    precision = Precision(journal)
    while True:
        for one_round in dict.fromkeys((cell.claim, cell.round) for cell in journal.missing()):
            while missing := [cell for cell in journal.missing() if (cell.claim, cell.round) == one_round]:
                for cell in missing:
                    on_start(cell)
                    run = run_one(cell, plan, world, journal.start(cell))
                    journal.keep(run, world.redactions())
                    if may_repeat(cell, plan, journal) and was_disturbed(run, plan, journal):
                        journal.discard(cell)
                        on_discarded(cell)
                    else:
                        yield run
                    if isinstance(run, Failed) and run.stage is Stage.HERE:
                        break
        spent_s = before_s + (world.now_ns() - begin_ns) / NS_PER_S
        if not wants_round(plan, precision, rounds=journal.rounds, spent_s=spent_s):
            return
        journal.add_round()
        on_round_added(journal.missing())


def run_one(cell: PlannedRun, plan: Plan, world: World[DriverT], folder: Path) -> Run:
    """Whatever is to be done."""
    return measure(cell, plan, world, folder) if isinstance(cell, Cell) else run_program(cell, plan, world, folder)


def run_program(program_run: ProgramRun, plan: Plan, world: World[DriverT], folder: Path) -> Run:
    """One run of a program; no process of it is left when this returns."""
    arm = plan.claim(program_run.claim).arms[program_run.arm]
    if not isinstance(arm, ProgramArm):
        raise TypeError(f"{program_run.words} is not the run of a program")
    started_at, stage = world.utc_now(), Stage.ENVIRONMENT
    try:
        world.provide_program(arm)
        stage = Stage.PROGRAM
        ended = world.run_program(arm, seed=schedule_seed(plan.seed, program_run), folder=folder)
    except StageError as error:
        return Failed(
            cell=program_run, started_at=started_at, stage=stage, reason=error.reason, log_tail=error.log_tail
        )
    if ended.returncode == CANNOT_RUN_HERE:
        reason = ended.said[-1] if ended.said else f"{arm.program} says that it cannot run here, and not why"
        return Failed(cell=program_run, started_at=started_at, stage=Stage.HERE, reason=reason)
    if ended.returncode != 0:
        reason = f"{arm.program} ended with exit code {ended.returncode}"
        return Failed(cell=program_run, started_at=started_at, stage=stage, reason=reason, log_tail=ended.said)
    return Ran(
        cell=program_run,
        started_at=started_at,
        python=ended.python,
        packages=ended.packages,
        cpus=ended.cpus,
        took_s=ended.took_s,
    )


def measure(cell: Cell, plan: Plan, world: World[DriverT], folder: Path) -> Run:
    """One cell, from nothing to nothing: no process of it is left when this returns."""
    stack, scenario = serving(cell.stack, cell.scenario, plan)
    asked = tuple(exchanges(plan.contract, stack))
    backends = plan.contract.backends_of(stack.serves)
    started_at, start_ns = world.utc_now(), world.now_ns()
    stage = Stage.ENVIRONMENT
    try:
        world.provide(stack)
        world.start_backends(backends, scenario)
        counted = {backend: world.backend_count(backend) for backend in backends}
        with ExitStack() as running:
            stage = Stage.DRIVE
            driver = running.enter_context(world.start_driver(scenario, folder))
            stage = Stage.BOOT
            server = running.enter_context(world.boot(stack, asked[0], folder))
            stage = Stage.VERIFY_BEFORE
            _insist(world.mismatches(server, asked))
            order = order_for(cell, plan, server, *world.scratch_paths())
            # messages on a WebSocket are no requests, and no app counts them
            before = None if order.on_a_websocket else world.served(server, stack.workers)
            stage = Stage.DRIVE
            report = world.drive(driver, server, order, folder)
            stage = Stage.VERIFY_AFTER
            served = None if before is None else world.served_since(server, before)
            gil = world.gil(server)
            _insist(world.mismatches(server, asked))
    except StageError as error:
        return Failed(cell=cell, started_at=started_at, stage=stage, reason=error.reason, log_tail=error.log_tail)
    return Completed(
        cell=cell,
        started_at=started_at,
        server=replace(server.facts, gil=gil),
        driver=report,
        driver_cpus=world.driver_cpus,
        served=None if served is None else sum(served.values()),
        overhead_s=(world.now_ns() - start_ns) / NS_PER_S - report.driven_s,
        backends=tuple(
            _use(backend, before, world, verifying=2 * promised(plan.contract, asked, backend))
            for backend, before in counted.items()
        ),
    )


def _use(backend: Backend, before: BackendCount | None, world: World[DriverT], *, verifying: int) -> BackendUse:
    """What a backend has seen since then."""
    now = world.backend_count(backend)
    return BackendUse(
        backend=backend,
        program=world.backend_program(backend),
        verifying=verifying,
        seen=None if before is None or now is None else now.since(before),
    )


def profile(wanted: Profile, plan: Plan, world: World[DriverT], folder: Path) -> Profile:
    """Sample one stack under one scenario; why it could not be done is part of the result."""
    stack, scenario = serving(wanted.stack, wanted.scenario, plan)
    asked = tuple(exchanges(plan.contract, stack))
    cell = Cell(stack=stack.name, scenario=scenario.name, round=0)
    try:
        world.provide(stack)
        world.start_backends(plan.contract.backends_of(stack.serves), scenario)
        with (
            world.start_driver(scenario, folder) as driver,
            world.boot(stack, asked[0], folder) as server,
        ):
            order = order_for(cell, plan, server, *world.scratch_paths())
            world.profile(driver, server, replace(order, measure_s=wanted.seconds + ATTACH_S), wanted, folder)
    except StageError as error:
        return replace(wanted, failed=error.reason)
    return wanted


def _insist(mismatches: tuple[str, ...]) -> None:
    if mismatches:
        more = f" (and {len(mismatches) - 1} more)" if len(mismatches) > 1 else ""
        raise StageError(f"the contract is broken: {mismatches[0]}{more}", log_tail=mismatches)
