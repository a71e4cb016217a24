"""The cells of one scenario and round, measured together: all servers are up at once and take turns.

Rule 1: a server that fails is a failed cell, and the others go on without it.
Rule 2: what is wrong with the driver fails them all.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from stacklab.engine.orders import serving, sliced_order
from stacklab.engine.world import DriverT, Server, World
from stacklab.errors import StageError
from stacklab.model.plan import Cell, Plan
from stacklab.model.record import Completed, DriverReport, Failed, Gil, Run, Stage
from stacklab.model.traffic.exchange import Exchange, exchanges
from stacklab.units import NS_PER_S, Nanoseconds


@dataclass(kw_only=True)
class Participant:
    """One cell on its way: what fails, fails at its stage."""

    cell: Cell
    folder: Path
    asked: tuple[Exchange, ...]
    workers: int
    stage: Stage = Stage.ENVIRONMENT
    server: Server | None = None
    before: Mapping[int, int] | None = None
    served: int | None = None
    gil: Gil | None = None
    report: DriverReport | None = None
    failure: StageError | None = None


def measure_together(
    cells: Sequence[Cell], plan: Plan, world: World[DriverT], folders: Mapping[Cell, Path]
) -> tuple[Run, ...]:
    """Boot them all, let them take turns, and verify them before and after; no process is left when this returns."""
    started_at, start_ns = world.utc_now(), world.now_ns()
    lanes = [_lane(cell, plan, folders[cell]) for cell in cells]
    with ExitStack() as running:
        try:
            driver = running.enter_context(world.start_driver(plan.scenario(cells[0].scenario), lanes[0].folder))
        except StageError as error:
            _fail(lanes, Stage.DRIVE, error)
        else:
            for lane in lanes:
                _boot(lane, plan, world, running)
            _drive(_alive(lanes), driver, plan, world)
            for lane in _alive(lanes):
                _verify_again(lane, world)
    return tuple(_runs(lanes, world, started_at, start_ns))


def _lane(cell: Cell, plan: Plan, folder: Path) -> Participant:
    stack, _ = serving(cell.stack, cell.scenario, plan)
    asked = tuple(exchanges(plan.contract, stack))
    return Participant(cell=cell, folder=folder, asked=asked, workers=stack.workers)


def _alive(lanes: Sequence[Participant]) -> list[Participant]:
    return [lane for lane in lanes if lane.failure is None]


def _fail(lanes: Sequence[Participant], stage: Stage, error: StageError) -> None:
    for lane in lanes:
        lane.stage, lane.failure = stage, error


def _boot(lane: Participant, plan: Plan, world: World[DriverT], running: ExitStack) -> None:
    stack, _ = serving(lane.cell.stack, lane.cell.scenario, plan)
    try:
        world.provide(stack)
        lane.stage = Stage.BOOT
        lane.server = running.enter_context(world.boot(stack, lane.asked[0], lane.folder))
        lane.stage = Stage.VERIFY_BEFORE
        insist(world.mismatches(lane.server, lane.asked))
        lane.before = world.served(lane.server, lane.workers)
    except StageError as error:
        lane.failure = error


def _drive(lanes: Sequence[Participant], driver: DriverT, plan: Plan, world: World[DriverT]) -> None:
    servers = [lane.server for lane in lanes if lane.server is not None]
    if not servers:
        return
    _, report_path = world.scratch_paths()
    order = sliced_order([lane.cell for lane in lanes], servers, plan, world.slice_paths, report_path)
    try:
        reports = world.interleave(driver, servers, order, [lane.folder for lane in lanes])
    except StageError as error:
        _fail(lanes, Stage.DRIVE, error)
        return
    for lane, report in zip(lanes, reports, strict=True):
        lane.report = report


def _verify_again(lane: Participant, world: World[DriverT]) -> None:
    if lane.server is None:
        return
    lane.stage = Stage.VERIFY_AFTER
    try:
        served = None if lane.before is None else world.served_since(lane.server, lane.before)
        lane.served = None if served is None else sum(served.values())
        lane.gil = world.gil(lane.server)
        insist(world.mismatches(lane.server, lane.asked))
    except StageError as error:
        lane.failure = error


def _runs(lanes: Sequence[Participant], world: World[DriverT], started_at: str, start_ns: Nanoseconds) -> Iterator[Run]:
    took_s = (world.now_ns() - start_ns) / NS_PER_S
    for lane in lanes:
        if lane.failure is not None or lane.server is None or lane.report is None:
            reason, log = (
                ("it was not measured", ()) if lane.failure is None else (lane.failure.reason, lane.failure.log_tail)
            )
            yield Failed(cell=lane.cell, started_at=started_at, stage=lane.stage, reason=reason, log_tail=log)
            continue
        yield Completed(
            cell=lane.cell,
            started_at=started_at,
            server=replace(lane.server.facts, gil=lane.gil),
            driver=lane.report,
            driver_cpus=world.driver_cpus,
            served=lane.served,
            overhead_s=took_s - lane.report.driven_s,
            together=len(lanes),
        )


def insist(mismatches: tuple[str, ...]) -> None:
    """Raise StageError with the first of the ways in which a response breaks the contract, if there is any."""
    if mismatches:
        more = f" (and {len(mismatches) - 1} more)" if len(mismatches) > 1 else ""
        raise StageError(f"the contract is broken: {mismatches[0]}{more}", log_tail=mismatches)
