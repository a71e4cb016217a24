"""The cells of one scenario and round, measured together: their servers are up at once and take turns.

Rule 1: a server that fails is a failed cell, and the others go on without it.
Rule 2: what is wrong with the driver fails all cells that it had.
Rule 3: where there are more cells than servers may be up at once, they are measured in groups, one after the other. The
        server of the pivot, which all groups share, stays up throughout.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from stacklab.engine.orders import schedule_seed, serving, slice_target, sliced_order
from stacklab.engine.world import DriverT, Server, World
from stacklab.errors import StageError
from stacklab.model.measured.record import Completed, DriverReport, Failed, Gil, Phase, PhaseSpan, Run, Stage
from stacklab.model.plan import Cell, Plan
from stacklab.model.serving import variables_by_chance
from stacklab.model.together import groups
from stacklab.model.traffic.exchange import Exchange, exchanges
from stacklab.units import NS_PER_S, Nanoseconds


@dataclass(kw_only=True)
class Participant:
    """One cell on its way: what fails, fails at its stage."""

    cell: Cell
    folder: Path
    paths: tuple[str, str]
    """Of the raw rows and the slices."""
    asked: tuple[Exchange, ...]
    """What it must answer before the load."""
    asked_again: tuple[Exchange, ...]
    """After it: what the load asked for. A server that broke under it shows that here, and many rounds are short."""
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
    """Boot them, let them take turns, and verify them before and after; no process is left when this returns."""
    started_at, start_ns = world.utc_now(), world.now_ns()
    lanes = {cell: _lane(cell, plan, folders[cell], world.slice_paths(index)) for index, cell in enumerate(cells)}
    with ExitStack() as throughout:
        for number, group in enumerate(groups(cells)):
            members = [lanes[cell] for cell in group]
            with ExitStack() as running:
                _measure_group(members, number, plan, world, running=running, throughout=throughout)
                for lane in _alive(members[1:]):
                    _verify_again(lane, world)
                for lane in members[1:]:
                    if lane.server is not None:
                        world.begin_to_stop(lane.server)
        for lane in _alive(members[:1]):
            _verify_again(lane, world)
    return tuple(_runs(tuple(lanes.values()), world, started_at, start_ns))


def _measure_group(
    members: Sequence[Participant],
    number: int,
    plan: Plan,
    world: World[DriverT],
    *,
    running: ExitStack,
    throughout: ExitStack,
) -> None:
    """Their servers end with ``running``, but that of the first one, which may be in other groups as well."""
    pivot, *others = members
    log = members[min(number, len(others))].folder
    try:
        driver = running.enter_context(world.start_driver(plan.scenario(pivot.cell.scenario), log))
    except StageError as error:
        _fail(members, Stage.DRIVE, error)
        return
    if pivot.server is None and pivot.failure is None:
        _boot(pivot, plan, world, throughout)
    for lane in others:
        _boot(lane, plan, world, running)
    _drive(_alive(members), number, driver, plan, world)


def _lane(cell: Cell, plan: Plan, folder: Path, paths: tuple[str, str]) -> Participant:
    stack, _ = serving(cell.stack, cell.scenario, plan)
    asked = tuple(exchanges(plan.contract, stack))
    called = {call.endpoint for call in plan.scenario(cell.scenario).calls}
    return Participant(
        cell=cell,
        folder=folder,
        paths=paths,
        asked=asked,
        asked_again=tuple(one for one in asked if one.summary in called),
        workers=stack.workers,
    )


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
        variables = variables_by_chance(schedule_seed(plan.seed, lane.cell), lane.cell.name)
        lane.server = running.enter_context(world.boot(stack, lane.asked[0], lane.folder, variables=variables))
        lane.stage = Stage.VERIFY_BEFORE
        insist(world.mismatches(lane.server, lane.asked))
        lane.before = world.served(lane.server, lane.workers)
    except StageError as error:
        lane.failure = error


def _drive(lanes: Sequence[Participant], group: int, driver: DriverT, plan: Plan, world: World[DriverT]) -> None:
    servers = [lane.server for lane in lanes if lane.server is not None]
    if not servers:
        return
    _, report_path = world.scratch_paths()
    targets = [
        slice_target(server, lane.paths, goes_on=lane.report is not None)
        for lane, server in zip(lanes, servers, strict=True)
    ]
    order = sliced_order(lanes[0].cell, servers[0], targets, plan, report_path=report_path, group=group)
    try:
        reports = world.interleave(driver, servers, order, [lane.folder for lane in lanes])
    except StageError as error:
        _fail(lanes, Stage.DRIVE, error)
        return
    for lane, report in zip(lanes, reports, strict=True):
        lane.report = report if lane.report is None else _joined(lane.report, report)


def _joined(before: DriverReport, after: DriverReport) -> DriverReport:
    """What two drivers say of the load that they sent to the same server, one after the other."""
    warmup, measured, last = before.spans[0], before.spans[1], after.spans[-1]
    return replace(
        before,
        spans=(warmup, PhaseSpan(phase=Phase.MEASURE, start_ns=measured.start_ns, end_ns=last.end_ns)),
        intended=before.intended + after.intended,
        seconds=before.seconds + after.seconds,
        connects=before.connects + after.connects,
        gc_collections=before.gc_collections + after.gc_collections,
        dropped_timers=before.dropped_timers + after.dropped_timers,
    )


def _verify_again(lane: Participant, world: World[DriverT]) -> None:
    if lane.server is None:
        return
    lane.stage = Stage.VERIFY_AFTER
    try:
        served = None if lane.before is None else world.served_since(lane.server, lane.before)
        lane.served = None if served is None else sum(served.values())
        lane.gil = world.gil(lane.server)
        insist(world.mismatches(lane.server, lane.asked_again))
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
            turns_since_ns=start_ns,
        )


def insist(mismatches: tuple[str, ...]) -> None:
    """Raise StageError with the first of the ways in which a response breaks the contract, if there is any."""
    if mismatches:
        more = f" (and {len(mismatches) - 1} more)" if len(mismatches) > 1 else ""
        raise StageError(f"the contract is broken: {mismatches[0]}{more}", log_tail=mismatches)
