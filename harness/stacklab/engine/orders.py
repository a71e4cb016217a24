"""What the driver is to send for a cell: the calls of a scenario, with what the contract says of each."""

import hashlib
from collections.abc import Iterator

from stacklab.engine.world import Server
from stacklab.model.plan import Cell, Plan, PlannedRun, parts_of
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import Contract, target
from stacklab.model.traffic.order import Order, PlannedRequest
from stacklab.model.traffic.scenario import Scenario


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


def shots(scenario: Scenario, contract: Contract) -> Iterator[PlannedRequest]:
    """The calls of a scenario, with what the contract says of a request where they do not, and of its response."""
    for call in scenario.calls:
        endpoint = contract.endpoints[call.endpoint]
        as_agreed = not call.body and call.method in {None, endpoint.method}
        is_known = not call.vary and not (call.body and endpoint.body)
        yield PlannedRequest(
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


def schedule_seed(seed: int, cell: PlannedRun) -> int:
    """The same for every stack of a round, so that all of them meet the same arrivals; and for all arms of a claim."""
    under = cell.scenario if isinstance(cell, Cell) else cell.claim
    digest = hashlib.sha256(f"{seed}/{under}/{cell.round}".encode()).digest()
    return int.from_bytes(digest[:6], "big")
