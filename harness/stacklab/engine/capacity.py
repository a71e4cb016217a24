"""Capacity: each boot of a stack gets a closed burst, which finds its maximum, and then a ladder of open-loop trials.

Rule 1: the ladder follows from the maximum of its own boot and from the boots of the stack before; nothing else.
Rule 2: both loads are runs of the session, each stored as soon as it was measured. A boot of which one is missing is
        measured again as a whole.
Rule 3: a boot that fails is a result, and the others go on.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from stacklab.analysis.capacity.boots import boots_so_far, maximum_of
from stacklab.analysis.capacity.ladder import ladder
from stacklab.analysis.capacity.result import aim_of
from stacklab.engine.orders import order_for, serving
from stacklab.engine.together import insist
from stacklab.engine.world import DriverT, World
from stacklab.errors import StageError
from stacklab.model.measured.capacity import BURST_SUFFIX, CapacityPlan, Ladder
from stacklab.model.measured.record import Completed, Failed, Run, Stage
from stacklab.model.plan import Cell, Plan
from stacklab.model.traffic.exchange import exchanges
from stacklab.model.traffic.load import Open
from stacklab.store.journal import Journal
from stacklab.store.session import StoredSession
from stacklab.units import NS_PER_S, Seconds

WARMUP_S: Final[Seconds] = 0.5
"""Before a ladder, at its lowest load: the burst has warmed the server."""


def run_capacity(
    plan: Plan, world: World[DriverT], journal: Journal, *, on_start: Callable[[Cell], None]
) -> Iterator[Run]:
    """Measure every boot that is missing, in the order of the plan."""
    if plan.capacity is None:
        raise AssertionError("the plan looks for no capacity")
    missing = set(journal.missing())
    for climb in plan.served:
        burst = replace(climb, scenario=f"{climb.scenario}{BURST_SUFFIX}")
        if not climb.scenario.endswith(BURST_SUFFIX) and missing & {burst, climb}:
            on_start(climb)
            yield from _boot(burst, climb, plan, world, journal, wanted=plan.capacity)


def _boot(
    burst: Cell, climb: Cell, plan: Plan, world: World[DriverT], journal: Journal, *, wanted: CapacityPlan
) -> Iterator[Run]:
    """Both loads on one server; no process of it is left when this ends."""
    stack, scenario = serving(climb.stack, climb.scenario, plan)
    asked = tuple(exchanges(plan.contract, stack))
    folders = {cell: journal.start(cell) for cell in (burst, climb)}
    started_at, start_ns, stage = world.utc_now(), world.now_ns(), Stage.ENVIRONMENT
    measuring = burst
    try:
        world.provide(stack)
        world.start_backends(plan.contract.backends_of(stack.serves), scenario)
        stage = Stage.DRIVE
        with ExitStack() as running:
            drivers = {cell: running.enter_context(world.start_driver(scenario, folders[cell])) for cell in folders}
            stage = Stage.BOOT
            server = running.enter_context(world.boot(stack, asked[0], folders[climb]))
            stage = Stage.VERIFY_BEFORE
            insist(world.mismatches(server, asked))
            stage = Stage.DRIVE
            order = order_for(burst, plan, server, *world.scratch_paths())
            report = world.drive(drivers[burst], server, order, folders[burst])
            first = Completed(
                cell=burst,
                started_at=started_at,
                server=server.facts,
                driver=report,
                driver_cpus=world.driver_cpus,
                served=None,
                overhead_s=(world.now_ns() - start_ns) / NS_PER_S - report.driven_s,
            )
            journal.keep(first, world.redactions())
            yield first
            measuring, then_ns = climb, world.now_ns()
            rungs = _ladder(first, climb, journal, wanted)
            load = scenario.load
            if not isinstance(load, Open):
                raise TypeError(f"{scenario.name}: a ladder is an open loop")
            order = replace(
                order_for(climb, plan, server, *world.scratch_paths()),
                load=rungs.load(load.connections),
                warmup_s=WARMUP_S,
                measure_s=rungs.seconds,
                plateau=None,
            )
            report = world.drive(drivers[climb], server, order, folders[climb])
            stage = Stage.VERIFY_AFTER
            insist(world.mismatches(server, asked))
            second = Completed(
                cell=climb,
                started_at=started_at,
                server=server.facts,
                driver=report,
                driver_cpus=world.driver_cpus,
                served=None,
                overhead_s=(world.now_ns() - then_ns) / NS_PER_S - report.driven_s,
                ladder=rungs,
            )
    except StageError as error:
        for cell in (burst, climb) if measuring is burst else (climb,):
            failed = Failed(cell=cell, started_at=started_at, stage=stage, reason=error.reason, log_tail=error.log_tail)
            journal.keep(failed, world.redactions())
            yield failed
    else:
        journal.keep(second, world.redactions())
        yield second


def _ladder(burst: Completed, climb: Cell, journal: Journal, wanted: CapacityPlan) -> Ladder:
    session = StoredSession.open(journal.folder)
    maximum = maximum_of(session, burst)
    if not maximum:
        raise StageError("the server gave no correct response to a closed loop, so there is no maximum to look below")
    known = [(promise, boots_so_far(session, climb.stack, climb.scenario, promise)) for promise in wanted.promises]
    aims = [aim_of(boots, promise.allowed) for promise, boots in known if boots]
    return ladder(maximum, aims, seconds=wanted.ladder_s)
