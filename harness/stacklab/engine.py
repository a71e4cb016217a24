"""The only loop: provide, boot, verify, drive and observe, verify again, stop.

Rule 1: every effect goes through ``World``; this file is tested without a process.
Rule 2: a run that fails is a result. Only a broken harness raises.
Rule 3: a cell is stored before the next one begins.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from stacklab.analysis.stopping import duration_s
from stacklab.errors import StageError
from stacklab.model.contract import Contract, Exchange, exchanges, target
from stacklab.model.order import Order, Shot
from stacklab.model.plan import Cell, Plan
from stacklab.model.record import Completed, DriverReport, Failed, Profile, Run, ServerFacts, Stage
from stacklab.model.scenario import Scenario
from stacklab.model.stack import Stack
from stacklab.rounds import Precision, may_repeat, wants_round, was_disturbed
from stacklab.store.journal import Journal
from stacklab.store.session import Session
from stacklab.units import NS_PER_S, Nanoseconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A server that has given its first verified answer."""

    host: str
    port: int
    pid: int
    facts: ServerFacts


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

    def drive(self, driver: Driver, server: Server, order: Order, folder: Path) -> DriverReport:
        """Send the load while watching both process trees; leave rows and usage in the folder."""

    def sample(self, driver: Driver, server: Server, order: Order, profile: Profile, folder: Path) -> None:
        """Send the load while the profiler samples every process of the server."""

    def places(self) -> Mapping[str, str]:
        """The folders of this machine that a log may name, and a word for each."""

    def scratch(self) -> tuple[str, str]:
        """Paths for the raw rows and the report of one order, outside the session."""


def run_plan(
    plan: Plan,
    world: World[Driver],
    journal: Journal,
    *,
    on_start: Callable[[Cell], None],
    on_set_aside: Callable[[Cell], None] = lambda _: None,
    on_round_added: Callable[[Sequence[Cell]], None] = lambda _: None,
) -> Iterator[Run]:
    """Measure every cell that has no run yet, in order, and add rounds as long as the plan's stopping rule wants them.

    A run that something else disturbed is set aside, and its cell measured again at the end of its round.
    """
    begin_ns = world.now_ns()
    before_s = sum(duration_s(run) for run in Session.open(journal.folder).runs if isinstance(run, Completed))
    precision = Precision(journal)
    while True:
        for number in range(1, journal.rounds + 1):
            while missing := [cell for cell in journal.missing() if cell.round == number]:
                for cell in missing:
                    on_start(cell)
                    run = measure(cell, plan, world, journal.start(cell))
                    journal.keep(run, world.places())
                    if may_repeat(cell, plan, journal) and was_disturbed(run, journal):
                        journal.set_aside(cell)
                        on_set_aside(cell)
                    else:
                        yield run
        spent_s = before_s + (world.now_ns() - begin_ns) / NS_PER_S
        if not wants_round(plan, precision, rounds=journal.rounds, spent_s=spent_s):
            return
        journal.add_round()
        on_round_added(journal.missing())


def measure(cell: Cell, plan: Plan, world: World[Driver], folder: Path) -> Run:
    """One cell, from nothing to nothing: no process of it is left when this returns."""
    stack, scenario = plan.stack(cell.stack), plan.scenario(cell.scenario)
    asked = tuple(exchanges(plan.contract, stack.interface))
    started_at, start_ns = world.utc_now(), world.now_ns()
    stage = Stage.ENVIRONMENT
    try:
        world.provide(stack)
        with ExitStack() as running:
            stage = Stage.DRIVE
            driver = running.enter_context(world.summon(scenario, folder))
            stage = Stage.BOOT
            server = running.enter_context(world.boot(stack, asked[0], folder))
            stage = Stage.VERIFY_BEFORE
            _insist(world.breaches(server, asked))
            before = world.served(server, stack.workers)
            stage = Stage.DRIVE
            order = order_for(cell, plan, server, *world.scratch())
            report = world.drive(driver, server, order, folder)
            stage = Stage.VERIFY_AFTER
            served = None if before is None else world.served_since(server, before)
            _insist(world.breaches(server, asked))
    except StageError as error:
        return Failed(cell=cell, started_at=started_at, stage=stage, reason=error.reason, log_tail=error.log_tail)
    return Completed(
        cell=cell,
        started_at=started_at,
        server=server.facts,
        driver=report,
        driver_cpus=world.driver_cpus,
        served=None if served is None else sum(served.values()),
        overhead_s=(world.now_ns() - start_ns) / NS_PER_S - order.warmup_s - order.measure_s,
    )


def profile(wanted: Profile, plan: Plan, world: World[Driver], folder: Path) -> Profile:
    """Sample one stack under one scenario; why it could not be done is part of the result."""
    stack, scenario = plan.stack(wanted.stack), plan.scenario(wanted.scenario)
    asked = tuple(exchanges(plan.contract, stack.interface))
    cell = Cell(stack=stack.name, scenario=scenario.name, round=0)
    try:
        world.provide(stack)
        with (
            world.summon(scenario, folder) as driver,
            world.boot(stack, asked[0], folder) as server,
        ):
            order = order_for(cell, plan, server, *world.scratch())
            world.sample(driver, server, replace(order, measure_s=wanted.seconds), wanted, folder)
    except StageError as error:
        return replace(wanted, failed=error.reason)
    return wanted


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
    )


def shots(scenario: Scenario, contract: Contract) -> Iterator[Shot]:
    """The calls of a scenario, with the answers that the contract wants."""
    for call in scenario.calls:
        endpoint = contract.endpoints[call.endpoint]
        yield Shot(
            endpoint=call.endpoint,
            target=target(endpoint.path, call.query),
            weight=call.weight,
            method=call.method,
            headers=call.headers,
            body=call.body,
            vary=call.vary,
            expect_status=call.status,
            expect_body=None if call.vary else endpoint.answers.get(call.query),
        )


def schedule_seed(seed: int, cell: Cell) -> int:
    """The same for every stack of a round, so that all of them meet the same arrivals."""
    digest = hashlib.sha256(f"{seed}/{cell.scenario}/{cell.round}".encode()).digest()
    return int.from_bytes(digest[:6], "big")


def _insist(breaches: tuple[str, ...]) -> None:
    if breaches:
        more = f" (and {len(breaches) - 1} more)" if len(breaches) > 1 else ""
        raise StageError(f"the contract is broken: {breaches[0]}{more}", log_tail=breaches)
