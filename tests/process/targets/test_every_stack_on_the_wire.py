"""Every stack of the catalogue on the wire: its parts, connections that are kept, pieces in time, and WebSockets."""

import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import websocket

from stacklab.catalog import catalogue, workspace
from stacklab.cli.options.placement import Placement
from stacklab.cli.preparation import machine
from stacklab.effects.wire.verify import miscounts
from stacklab.engine.world import Server
from stacklab.machine import Machine
from stacklab.model.stack import Stack
from stacklab.model.traffic.exchange import exchanges

PLACE = workspace.find(Path(__file__).parent)
CATALOGUE = catalogue.read(PLACE)
ALONE = {
    part
    for part in CATALOGUE.contract.parts
    if all(endpoint.backend is None for endpoint in CATALOGUE.contract.endpoints_of(part))
}
"""Parts that ask nobody else: no service has to be started beside the server."""
STACKS = [stack.serving(ALONE) for stack in CATALOGUE.stacks.values()]
BY_NAME = {stack.name: stack for stack in STACKS}

TIMEOUT_S = 10.0


@pytest.fixture(scope="module", name="machine")
def _machine() -> Iterator[Machine]:
    """The machine of the commands, which moves this process to the driver's cores."""
    cores = os.sched_getaffinity(0)
    with machine(PLACE, Placement()) as here:
        yield here
    os.sched_setaffinity(0, cores)


@pytest.fixture(scope="module", name="server")
def _server(
    machine: Machine, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    stack = BY_NAME[request.param]
    machine.provide(stack)
    first = next(exchanges(CATALOGUE.contract, stack))
    with machine.boot(stack, first, tmp_path_factory.mktemp("server")) as server:
        yield server


def each(stacks: Iterable[Stack] = STACKS) -> pytest.MarkDecorator:
    """Serve one after the other, each for all tests that are about it: pytest groups by a module's parameters."""
    cases = [pytest.param(stack.name, stack, id=stack.name) for stack in stacks]
    return pytest.mark.parametrize(("server", "stack"), cases, indirect=["server"], scope="module")


def connect(server: Server) -> HTTPConnection:
    return HTTPConnection(server.host, server.port, timeout=TIMEOUT_S)


def converse(server: Server) -> Any:
    return websocket.create_connection(f"ws://{server.host}:{server.port}/echo", timeout=TIMEOUT_S)


@each()
def test_it_answers_as_the_contract_and_its_file_say(machine: Machine, server: Server, stack: Stack) -> None:
    asked = tuple(exchanges(CATALOGUE.contract, stack))
    found = machine.verify(server, asked)

    assert ((), (), ()) == (found.mismatches, found.undone, miscounts(server.host, server.port, asked))


@each()
def test_a_connection_is_kept_exactly_if_its_server_keeps_connections(server: Server, stack: Stack) -> None:
    connection = connect(server)
    connection.request("GET", "/plain")
    connection.getresponse().read()
    kept = connection.sock
    connection.auto_open = 0
    if kept is not None:  # the server has not said that it closes; now it has to answer again
        connection.request("GET", "/json")
        connection.getresponse().read()
    connection.close()

    assert stack.keep_alive == (kept is not None)


@each()
def test_a_body_that_nobody_wanted_spoils_no_later_answer(server: Server, stack: Stack) -> None:
    with closing(connect(server)) as connection:

        def ask(method: str, body: bytes | None = None) -> tuple[int, bytes]:
            connection.request(method, "/plain", body=body)
            answer = connection.getresponse()
            return answer.status, answer.read()

        refused, _ = ask("POST", b"GET /count HTTP/1.1\r\n\r\n")
        try:
            answered = ask("GET")  # on the same connection, where the server has kept it
        except ConnectionError:  # it did not wait for the body, and closed: then a client asks anew
            connection.close()
            answered = ask("GET")

    assert (405, (200, b"Hello, World!")) == (refused, answered)


@each(stack for stack in STACKS if "stream" in stack.serves and "stream" not in stack.differs)
def test_a_piece_arrives_while_the_next_is_not_made_yet(server: Server, stack: Stack) -> None:
    connection = connect(server)
    connection.request("GET", "/stream?chunks=2&gap_ms=2000")
    piece = connection.getresponse().read1()
    connection.close()

    assert piece == b"chunk 0\n"


@each(stack for stack in STACKS if "websocket" in stack.serves)
def test_a_websocket_sends_back_what_is_short_long_or_foreign(server: Server, stack: Stack) -> None:
    messages = ["a", "フレームワーク", "x" * 70_000]  # longer than what two bytes of length can say
    connection = converse(server)
    echoes = []
    for message in messages:
        connection.send(message)
        echoes.append(connection.recv())
    connection.close()

    assert messages == echoes


@each(stack for stack in STACKS if "websocket" in stack.serves)
def test_a_websocket_answers_a_ping_and_a_goodbye(server: Server, stack: Stack) -> None:
    connection = converse(server)
    connection.ping("still there?")
    pong = connection.recv_frame()
    connection.send_close(1000)
    goodbye = connection.recv_frame()
    connection.shutdown()

    assert (websocket.ABNF.OPCODE_PONG, b"still there?") == (pong.opcode, pong.data)
    assert (websocket.ABNF.OPCODE_CLOSE, (1000).to_bytes(2, "big")) == (goodbye.opcode, goodbye.data[:2])
