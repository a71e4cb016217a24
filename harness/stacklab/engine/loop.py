"""The only loop: provide, boot, verify, drive and observe, verify again, stop.

Rule 1: every effect on the machine goes through ``World``, and every file of the session through ``Journal``: with a
        fake world this file is tested without a process.
Rule 2: a run that fails is a result. Only a broken harness raises.
Rule 3: a cell is stored before the next one begins.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from stacklab.analysis.rounds.stopping import duration_s
from stacklab.engine.orders import order_for, schedule_seed, serving
from stacklab.engine.rounds import Precision, may_repeat, wants_round, was_disturbed
from stacklab.engine.together import insist, measure_together
from stacklab.engine.world import DriverT, Server, World
from stacklab.errors import StageError
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.measured.profile import Profile
from stacklab.model.measured.record import (
    BackendCount,
    BackendUse,
    Completed,
    Failed,
    Ran,
    Run,
    Stage,
)
from stacklab.model.plan import Cell, Plan, PlannedRun, ProgramRun
from stacklab.model.serving import variables_by_chance
from stacklab.model.stack import Stack
from stacklab.model.together import why_whole_runs
from stacklab.model.traffic.contract import Backend
from stacklab.model.traffic.exchange import Exchange, exchanges, promised
from stacklab.model.traffic.scenario import Scenario
from stacklab.store.journal import Journal
from stacklab.store.session import StoredSession
from stacklab.units import NS_PER_S, Seconds

CANNOT_RUN_HERE: Final = 3
"""Exit code of a program whose machine or environment lacks something it requires."""

ATTACH_S: Final[Seconds] = 2.0
"""What the profiler takes to find Python in a server, and to write; the load must not end meanwhile."""


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

    A run that something else disturbed is discarded, and its cell measured again after the others of its scenario, or
    of its claim. A claim is given up when one of its programs says that it cannot run here.
    """
    begin_ns = world.now_ns()
    before_s = sum(duration_s(run) for run in StoredSession.open(journal.folder).runs if isinstance(run, Completed))
    precision = Precision(journal)
    while True:
        for cell in journal.pending():
            if isinstance(cell, Cell) and not why_whole_runs(plan.scenario(cell.scenario), plan):
                yield from _run_together(journal.group(cell), world, journal, on_start=on_start)
                continue
            on_start(cell)
            run = run_one(cell, plan, world, journal.start(cell))
            journal.keep(run, world.redactions())
            if may_repeat(cell, plan, journal) and was_disturbed(run, plan, journal):
                journal.discard(cell)
                on_discarded(cell)
            else:
                yield run
        spent_s = before_s + (world.now_ns() - begin_ns) / NS_PER_S
        if not wants_round(plan, precision, rounds=journal.rounds, spent_s=spent_s):
            return
        journal.add_round()
        on_round_added(journal.missing())


def _run_together(
    cells: Sequence[Cell], world: World[DriverT], journal: Journal, *, on_start: Callable[[PlannedRun], None]
) -> Iterator[Run]:
    """The cells of one scenario and round; of those that were kept before an interruption, none is left in it."""
    for cell in cells:
        on_start(cell)
    runs = measure_together(cells, journal.plan, world, {cell: journal.start(cell) for cell in cells})
    for run in runs:
        journal.keep(run, world.redactions())
        yield run


def run_one(cell: PlannedRun, plan: Plan, world: World[DriverT], folder: Path) -> Run:
    """Measure a cell, or run the program of a claim."""
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
        reason = ended.said[-1] if ended.said else f"{arm.program} cannot run here, and gives no reason"
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
    setup = _setup(cell, plan)
    started_at, start_ns = world.utc_now(), world.now_ns()
    progress = _Progress()
    try:
        _prepare(setup, world)
        counted = {backend: world.backend_count(backend) for backend in setup.backends}
        with _running(setup, world, folder, progress) as (driver, server):
            progress.stage = Stage.VERIFY_BEFORE
            insist(world.mismatches(server, setup.exchanges))
            order = order_for(cell, plan, server, *world.scratch_paths())
            # messages on a WebSocket are no requests, and no app counts them
            before = None if order.on_a_websocket else world.served(server, setup.stack.workers)
            progress.stage = Stage.DRIVE
            report = world.drive(driver, server, order, folder)
            progress.stage = Stage.VERIFY_AFTER
            served = None if before is None else world.served_since(server, before)
            gil = world.gil(server)
            insist(world.mismatches(server, setup.exchanges))
    except StageError as error:
        return Failed(
            cell=cell, started_at=started_at, stage=progress.stage, reason=error.reason, log_tail=error.log_tail
        )
    return Completed(
        cell=cell,
        started_at=started_at,
        server=replace(server.facts, gil=gil),
        driver=report,
        driver_cpus=world.driver_cpus,
        served=None if served is None else sum(served.values()),
        overhead_s=(world.now_ns() - start_ns) / NS_PER_S - report.driven_s,
        backends=tuple(
            _use(backend, before, world, verifying=2 * promised(plan.contract, setup.exchanges, backend))
            for backend, before in counted.items()
        ),
    )


def profile(wanted: Profile, plan: Plan, world: World[DriverT], folder: Path) -> Profile:
    """Sample one stack under one scenario; why it could not be done is part of the result."""
    cell = Cell(stack=wanted.stack, scenario=wanted.scenario, round=0)
    setup = _setup(cell, plan)
    try:
        _prepare(setup, world)
        with _running(setup, world, folder, _Progress()) as (driver, server):
            order = order_for(cell, plan, server, *world.scratch_paths())
            measure_s = wanted.seconds + 2 * wanted.without_s + ATTACH_S
            sampled = world.profile(driver, server, replace(order, measure_s=measure_s), wanted, folder)
    except StageError as error:
        return replace(wanted, failed=error.reason)
    return replace(wanted, sampled=sampled)


class _Setup(NamedTuple):
    """What has to run for a cell, and what verifies it."""

    stack: Stack
    scenario: Scenario
    exchanges: tuple[Exchange, ...]
    backends: tuple[Backend, ...]
    variables: Mapping[str, str]


@dataclass
class _Progress:
    """How far a cell has come: what fails, fails at this stage."""

    stage: Stage = Stage.ENVIRONMENT


def _setup(cell: Cell, plan: Plan) -> _Setup:
    stack, scenario = serving(cell.stack, cell.scenario, plan)
    return _Setup(
        stack=stack,
        scenario=scenario,
        exchanges=tuple(exchanges(plan.contract, stack)),
        backends=plan.contract.backends_of(stack.serves),
        variables=variables_by_chance(schedule_seed(plan.seed, cell), cell.name),
    )


def _prepare(setup: _Setup, world: World[DriverT]) -> None:
    """Have everything there that outlives the cell."""
    world.provide(setup.stack)
    world.start_backends(setup.backends, setup.scenario)


@contextmanager
def _running(
    setup: _Setup, world: World[DriverT], folder: Path, progress: _Progress
) -> Iterator[tuple[DriverT, Server]]:
    """Driver and server, both running until the block ends. The driver gets ready while the server boots."""
    progress.stage = Stage.DRIVE
    with world.start_driver(setup.scenario, folder) as driver:
        progress.stage = Stage.BOOT
        with world.boot(setup.stack, setup.exchanges[0], folder, variables=setup.variables) as server:
            yield driver, server


def _use(backend: Backend, before: BackendCount | None, world: World[DriverT], *, verifying: int) -> BackendUse:
    """What a backend has seen since then."""
    now = world.backend_count(backend)
    return BackendUse(
        backend=backend,
        program=world.backend_program(backend),
        verifying=verifying,
        seen=None if before is None or now is None else now.since(before),
    )
