"""What the driver is to send for a cell: the calls of a scenario, with what the contract says of each."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from stacklab.engine.world import Server
from stacklab.model.plan import Cell, Plan, PlannedRun, parts_of
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import Contract, target
from stacklab.model.traffic.expectation import as_the_contract_asks, expected
from stacklab.model.traffic.order import Order, PlannedRequest
from stacklab.model.traffic.scenario import Scenario
from stacklab.model.traffic.slices import SlicedOrder, SliceTarget


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


def slice_target(server: Server, paths: tuple[str, str], *, goes_on: bool) -> SliceTarget:
    """One of the servers that take turns. ``paths`` are those of its rows and slices."""
    rows, cut = paths
    return SliceTarget(
        host=server.host, port=server.port, pid=server.pid, rows_path=rows, slices_path=cut, goes_on=goes_on
    )


def sliced_order(
    cell: Cell, server: Server, targets: Sequence[SliceTarget], plan: Plan, *, report_path: str, group: int
) -> SlicedOrder:
    """What the driver is to send to the servers of a group. ``cell`` and ``server`` are those of the first target."""
    order = order_for(cell, plan, server, targets[0].rows_path, report_path)
    return SlicedOrder(order=replace(order, plateau=None), targets=tuple(targets), group=group)


def shots(scenario: Scenario, contract: Contract) -> Iterator[PlannedRequest]:
    """The calls of a scenario, with what the contract says of a request where they do not, and of its response."""
    for call in scenario.calls:
        endpoint = contract.endpoints[call.endpoint]
        as_agreed = as_the_contract_asks(call, endpoint)
        known = expected(call, endpoint)
        yield PlannedRequest(
            endpoint=call.endpoint,
            target=target(endpoint.path, call.query),
            weight=call.weight,
            method=call.method or endpoint.method,
            headers={**endpoint.request_headers, **call.headers} if as_agreed else call.headers,
            body=endpoint.request_body if as_agreed else call.body,
            vary=call.vary,
            expect_status=call.status or endpoint.status,
            expect_body=None if endpoint.messages else known.body,
            expect_pattern=known.pattern,
            recorded=known.recorded,
            any_body=known.any_body,
            piece_end=endpoint.piece_end,
            message=(call.body or endpoint.messages[0]) if endpoint.messages else None,
        )


def schedule_seed(seed: int, cell: PlannedRun) -> int:
    """The same for every stack of a round, so that all of them meet the same arrivals; and for all arms of a claim."""
    under = cell.scenario if isinstance(cell, Cell) else cell.claim
    digest = hashlib.sha256(f"{seed}/{under}/{cell.round}".encode()).digest()
    return int.from_bytes(digest[:6], "big")
