"""What the claims ask beside the contract: every body is what its pattern says, by which load is judged."""

import os
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from stacklab.catalog import catalogue, workspace
from stacklab.cli.options.placement import Placement
from stacklab.cli.preparation import machine
from stacklab.machine import Machine
from stacklab.model.traffic.exchange import exchanges
from stacklab.model.traffic.order import pattern_for

PLACE = workspace.find(Path(__file__).parent)
CATALOGUE = catalogue.with_those_of_claims(PLACE, catalogue.read(PLACE))
QUERY = "ms=1&call_ms=1&jobs=2&steps=1000"
TIMEOUT_S = 10.0


@pytest.fixture(name="machine")
def _machine() -> Iterator[Machine]:
    """The machine of the commands, which moves this process to the driver's cores."""
    cores = os.sched_getaffinity(0)
    with machine(PLACE, Placement()) as here:
        yield here
    os.sched_setaffinity(0, cores)


@pytest.mark.parametrize("name", ["claims-uvicorn", "claims-gunicorn-sync"])
def test_every_body_matches_the_pattern_of_its_endpoint(machine: Machine, name: str, tmp_path: Path) -> None:
    stack, contract = CATALOGUE.stacks[name], CATALOGUE.contract
    served = [one for one in contract.endpoints_of("claims") if stack.interface in one.interfaces]
    machine.provide(stack)
    with machine.boot(stack, next(exchanges(contract, stack)), tmp_path) as server:
        bodies = {one.path: _body(server.port, f"{one.path}?{QUERY}") for one in served}

    patterns = {one.path: pattern_for(f"{one.path}?{QUERY}", one.pattern or "") for one in served}
    assert {} == {path: body for path, body in bodies.items() if not patterns[path].fullmatch(body)}


def _body(port: int, target: str) -> bytes:
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    connection.request("GET", target)
    body = connection.getresponse().read()
    connection.close()
    return body
