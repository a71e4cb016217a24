"""The only loop: provide, boot, verify, drive and observe, verify again, stop.

Rule 1: every effect goes through ``World``; this file is tested without a process.
Rule 2: a run that fails is a result. Only a broken harness raises.
Rule 3: a cell is stored before the next one begins.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol, TypeVar

from stacklab.analysis.stopping import duration_s
from stacklab.errors import StageError
from stacklab.model.arm import ProgramArm
from stacklab.model.contract import Backend, Contract, target
from stacklab.model.exchange import Exchange, exchanges, promised
from stacklab.model.order import Order, Shot
from stacklab.model.plan import Cell, Plan, Step, Trial, parts_of
from stacklab.model.record import (
    BackendCount,
    BackendUse,
    Completed,
    DriverReport,
    Failed,
    Gil,
    Profile,
    Ran,
    Run,
    ServerFacts,
    Stage,
)
from stacklab.model.scenario import Scenario
from stacklab.model.stack import Stack
from stacklab.rounds import Precision, may_repeat, wants_round, was_disturbed
from stacklab.store.journal import Journal
from stacklab.store.session import Session
from stacklab.units import NS_PER_S, Nanoseconds, Seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A server that has given its first verified answer."""

    host: str
    port: int
    pid: int
    facts: ServerFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """A program of a claim that has ended by itself."""

    returncode: int
    said: tuple[str, ...]
    """The last lines that were no rows."""
    python: str
    packages: Mapping[str, str]
    cpus: tuple[int, ...]
    took_s: Seconds


CANNOT_RUN_HERE: Final = 3
"""The exit code by which a program says that this machine, or its environment, has not what it needs."""

ATTACH_S: Final[Seconds] = 1.0
"""What the profiler takes to find Python in a server before it samples; the load must not end meanwhile."""

Driver = TypeVar("Driver")


class World(Protocol[Driver]):
    """Everything that touches the machine. Methods raise ``StageError`` for what fails a cell."""

    @property
    def driver_cpus(self) -> tuple[int, ...]:
        """Where the driver runs."""

    def utc_now(self) -> str:
        """The time of day, ISO 8601."""

    def now_ns(self) -> Nanoseconds:
        """CLOCK_MONOTONIC."""

    def provide(self, stack: Stack) -> None:
        """Make the environment of a stack, or find it made."""

    def call_on(self, backends: Collection[Backend], scenario: Scenario) -> None:
        """Have these backends run, as the scenario wants them."""

    def counted(self, backend: Backend) -> BackendCount | None:
        """What a backend has counted so far, with no server running; None where it does not say."""

    def program(self, backend: Backend) -> str:
        """What a backend is, in words."""

    def summon(self, scenario: Scenario, folder: Path) -> AbstractContextManager[Driver]:
        """Start the driver; it gets ready while the server boots, and ends with the block."""

    def boot(self, stack: Stack, first: Exchange, folder: Path) -> AbstractContextManager[Server]:
        """Start the server and wait for its first verified answer; its whole tree ends with the block."""

    def breaches(self, server: Server, asked: Iterable[Exchange]) -> tuple[str, ...]:
        """Ask over the wire; every breach of the contract as a sentence."""

    def served(self, server: Server, workers: int) -> Mapping[int, int] | None:
        """Requests that each worker has counted so far, by its process id; None if the app cannot count."""

    def served_since(self, server: Server, before: Mapping[int, int]) -> Mapping[int, int] | None:
        """Requests that each worker has counted since then, this question left out."""

    def gil(self, server: Server) -> Gil | None:
        """What a worker says of the GIL; None where there is none to ask about."""

    def drive(self, driver: Driver, server: Server, order: Order, folder: Path) -> DriverReport:
        """Send the load while watching both process trees; leave rows and usage in the folder."""

    def sample(self, driver: Driver, server: Server, order: Order, profile: Profile, folder: Path) -> None:
        """Send the load while the profiler samples every process of the server."""

    def provide_program(self, arm: ProgramArm) -> None:
        """Make the environment of a program, or find it made."""

    def execute(self, arm: ProgramArm, *, seed: int, folder: Path) -> Ended:
        """Run a program to its end while watching it; leave rows, usage and log in the folder."""

    def places(self) -> Mapping[str, str]:
        """The folders of this machine that a log may name, and a word for each."""

    def scratch(self) -> tuple[str, str]:
        """Paths for the raw rows and the report of one order, outside the session."""


def run_plan(
    plan: Plan,
    world: World[Driver],
    journal: Journal,
    *,
    on_start: Callable[[Step], None],
    on_set_aside: Callable[[Step], None] = lambda _: None,
    on_round_added: Callable[[Sequence[Step]], None] = lambda _: None,
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
                    run = carry_out(cell, plan, world, journal.start(cell))
                    journal.keep(run, world.places())
                    if may_repeat(cell, plan, journal) and was_disturbed(run, plan, journal):
                        journal.set_aside(cell)
                        on_set_aside(cell)
                    else:
                        yield run
                    if isinstance(run, Failed) and run.stage is Stage.HERE:
                        break
        spent_s = before_s + (world.now_ns() - begin_ns) / NS_PER_S
        if not wants_round(plan, precision, rounds=journal.rounds, spent_s=spent_s):
            return
        journal.add_round()
        on_round_added(journal.missing())


def carry_out(cell: Step, plan: Plan, world: World[Driver], folder: Path) -> Run:
    """Whatever is to be done."""
    return measure(cell, plan, world, folder) if isinstance(cell, Cell) else conduct(cell, plan, world, folder)


def conduct(trial: Trial, plan: Plan, world: World[Driver], folder: Path) -> Run:
    """One run of a program; no process of it is left when this returns."""
    arm = plan.claim(trial.claim).arms[trial.arm]
    if not isinstance(arm, ProgramArm):
        raise TypeError(f"{trial.words} is not the trial of a program")
    started_at, stage = world.utc_now(), Stage.ENVIRONMENT
    try:
        world.provide_program(arm)
        stage = Stage.PROGRAM
        ended = world.execute(arm, seed=schedule_seed(plan.seed, trial), folder=folder)
    except StageError as error:
        return Failed(cell=trial, started_at=started_at, stage=stage, reason=error.reason, log_tail=error.log_tail)
    if ended.returncode == CANNOT_RUN_HERE:
        reason = ended.said[-1] if ended.said else f"{arm.program} says that it cannot run here, and not why"
        return Failed(cell=trial, started_at=started_at, stage=Stage.HERE, reason=reason)
    if ended.returncode != 0:
        reason = f"{arm.program} ended with exit code {ended.returncode}"
        return Failed(cell=trial, started_at=started_at, stage=stage, reason=reason, log_tail=ended.said)
    return Ran(
        cell=trial,
        started_at=started_at,
        python=ended.python,
        packages=ended.packages,
        cpus=ended.cpus,
        took_s=ended.took_s,
    )


def measure(cell: Cell, plan: Plan, world: World[Driver], folder: Path) -> Run:
    """One cell, from nothing to nothing: no process of it is left when this returns."""
    stack, scenario = serving(cell.stack, cell.scenario, plan)
    asked = tuple(exchanges(plan.contract, stack))
    backends = plan.contract.backends_of(stack.serves)
    started_at, start_ns = world.utc_now(), world.now_ns()
    stage = Stage.ENVIRONMENT
    try:
        world.provide(stack)
        world.call_on(backends, scenario)
        counted = {backend: world.counted(backend) for backend in backends}
        with ExitStack() as running:
            stage = Stage.DRIVE
            driver = running.enter_context(world.summon(scenario, folder))
            stage = Stage.BOOT
            server = running.enter_context(world.boot(stack, asked[0], folder))
            stage = Stage.VERIFY_BEFORE
            _insist(world.breaches(server, asked))
            order = order_for(cell, plan, server, *world.scratch())
            # messages on a WebSocket are no requests, and no app counts them
            before = None if order.on_a_websocket else world.served(server, stack.workers)
            stage = Stage.DRIVE
            report = world.drive(driver, server, order, folder)
            stage = Stage.VERIFY_AFTER
            served = None if before is None else world.served_since(server, before)
            gil = world.gil(server)
            _insist(world.breaches(server, asked))
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


def _use(backend: Backend, before: BackendCount | None, world: World[Driver], *, verifying: int) -> BackendUse:
    """What a backend has seen since then."""
    now = world.counted(backend)
    return BackendUse(
        backend=backend,
        program=world.program(backend),
        verifying=verifying,
        seen=None if before is None or now is None else now.since(before),
    )


def profile(wanted: Profile, plan: Plan, world: World[Driver], folder: Path) -> Profile:
    """Sample one stack under one scenario; why it could not be done is part of the result."""
    stack, scenario = serving(wanted.stack, wanted.scenario, plan)
    asked = tuple(exchanges(plan.contract, stack))
    cell = Cell(stack=stack.name, scenario=scenario.name, round=0)
    try:
        world.provide(stack)
        world.call_on(plan.contract.backends_of(stack.serves), scenario)
        with (
            world.summon(scenario, folder) as driver,
            world.boot(stack, asked[0], folder) as server,
        ):
            order = order_for(cell, plan, server, *world.scratch())
            world.sample(driver, server, replace(order, measure_s=wanted.seconds + ATTACH_S), wanted, folder)
    except StageError as error:
        return replace(wanted, failed=error.reason)
    return wanted


def serving(stack: str, scenario: str, plan: Plan) -> tuple[Stack, Scenario]:
    """The stack with those parts only that the scenario asks for, and the scenario."""
    wanted = plan.scenario(scenario)
    return plan.stack(stack).serving(parts_of(wanted, plan.contract)), wanted


def order_for(cell: Cell, plan: Plan, server: Server, rows_path: str, report_path: str) -> Order:
    """What the driver is to send for this cell."""
    scenario = plan.scenario(cell.scenario)
    return Order(
        host=server.host,
        port=server.port,
        shots=tuple(shots(scenario, plan.contract)),
        load=scenario.load,
        warmup_s=plan.warmup_s if scenario.warmup_s is None else scenario.warmup_s,
        measure_s=plan.measure_s if scenario.measure_s is None else scenario.measure_s,
        drain_s=scenario.drain_s,
        timeout_s=scenario.timeout_s,
        keep_alive=scenario.keep_alive,
        seed=schedule_seed(plan.seed, cell),
        rows_path=rows_path,
        report_path=report_path,
        plateau=plan.plateau if scenario.warmup_s is None else None,
    )


def shots(scenario: Scenario, contract: Contract) -> Iterator[Shot]:
    """The calls of a scenario, with what the contract says of a request where they do not, and of its answer."""
    for call in scenario.calls:
        endpoint = contract.endpoints[call.endpoint]
        as_agreed = not call.body and call.method in {None, endpoint.method}
        is_known = not call.vary and not (call.body and endpoint.body)
        yield Shot(
            endpoint=call.endpoint,
            target=target(endpoint.path, call.query),
            weight=call.weight,
            method=call.method or endpoint.method,
            headers={**endpoint.request_headers, **call.headers} if as_agreed else call.headers,
            body=endpoint.request_body if as_agreed else call.body,
            vary=call.vary,
            expect_status=call.status or endpoint.status,
            expect_body=endpoint.answers.get(call.query) if is_known else None,
            expect_pattern=endpoint.pattern if call.vary and as_agreed else None,
            recorded=endpoint.recorded.body if endpoint.recorded else None,
            any_body=endpoint.recorded is not None and endpoint.recorded.body is None,
            piece_end=endpoint.piece_end,
            message=(call.body or endpoint.messages[0]) if endpoint.messages else None,
        )


def schedule_seed(seed: int, cell: Step) -> int:
    """The same for every stack of a round, so that all of them meet the same arrivals; and for all arms of a claim."""
    under = cell.scenario if isinstance(cell, Cell) else cell.claim
    digest = hashlib.sha256(f"{seed}/{under}/{cell.round}".encode()).digest()
    return int.from_bytes(digest[:6], "big")


def _insist(breaches: tuple[str, ...]) -> None:
    if breaches:
        more = f" (and {len(breaches) - 1} more)" if len(breaches) > 1 else ""
        raise StageError(f"the contract is broken: {breaches[0]}{more}", log_tail=breaches)
