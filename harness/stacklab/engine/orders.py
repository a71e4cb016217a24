"""What the driver is to send for a cell: the calls of a scenario, with what the contract says of each."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from stacklab.engine.world import Server
from stacklab.model.plan import Cell, Plan, PlannedRun, parts_of
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import Contract, target
from stacklab.model.traffic.expectation import as_the_contract_asks, expected
from stacklab.model.traffic.order import Order, PlannedRequest
from stacklab.model.traffic.scenario import DEFAULT_USER, Scenario
from stacklab.model.traffic.slices import SlicedOrder, SliceTarget, why_not_sliced


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


def why_not_interleaved(scenario: Scenario, plan: Plan) -> str:
    """Why the stacks of a scenario have runs of their own, one after the other; empty where they take turns."""
    order = tuple(shots(scenario, plan.contract))
    backends = plan.contract.backends_of(parts_of(scenario, plan.contract))
    reasons = (
        ("the plan wants whole runs", not plan.interleaved),
        ("a locustfile of its own sends its traffic", scenario.user != DEFAULT_USER),
        ("its messages go over WebSockets, which stay open", any(one.message is not None for one in order)),
        ("the chunks of its responses are timed", any(one.piece_end is not None for one in order)),
        ("its endpoints use a backend, whose counts are per run", bool(backends)),
    )
    return next((reason for reason, holds in reasons if holds), "") or why_not_sliced(scenario.load)


def sliced_order(
    cells: Sequence[Cell], servers: Sequence[Server], plan: Plan, paths: Callable[[int], tuple[str, str]], report: str
) -> SlicedOrder:
    """What the driver is to send to all servers of a scenario in a round. ``paths`` gives those of rows and slices."""
    order = order_for(cells[0], plan, servers[0], paths(0)[0], report)
    return SlicedOrder(
        order=replace(order, plateau=None),
        targets=tuple(
            SliceTarget(host=server.host, port=server.port, pid=server.pid, rows_path=rows, slices_path=cut)
            for index, server in enumerate(servers)
            for rows, cut in (paths(index),)
        ),
    )


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
