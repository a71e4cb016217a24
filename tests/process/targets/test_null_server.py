"""The server that does nothing: one answer a request, however the bytes arrive."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacklab.catalog.workspace import reference
from stacklab.effects import clock
from stacklab.effects.processes.supervisor import Child, Supervisor

PROGRAM = reference() / "targets" / "backends" / "null_server.py"
REQUEST = b"GET /json HTTP/1.1\r\nhost: localhost\r\n\r\n"
BODY = b'{"message":"Hello, World!"}'
DEADLINE_S = 10.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Child]:
    with Supervisor() as supervisor:
        yield supervisor.spawn([sys.executable, str(PROGRAM)], name="null server", log=tmp_path / "log")


@pytest.fixture
def connection(server: Child) -> Iterator[socket.socket]:
    def ready_line() -> str | None:
        return next((line for line in server.tail() if line.startswith("ready ")), None)

    line = clock.wait_for(ready_line, deadline_s=DEADLINE_S)
    assert line is not None, server.tail()
    with socket.create_connection(("127.0.0.1", int(line.split()[1])), timeout=DEADLINE_S) as connected:
        yield connected


def receive(connection: socket.socket, answers: int) -> bytes:
    """Read until so many answers are whole; fails by the socket's timeout."""
    received = b""
    while received.count(BODY) < answers:
        received += connection.recv(65536)
    return received


def test_an_answer_names_the_process_that_served_it(server: Child, connection: socket.socket) -> None:
    connection.sendall(REQUEST)

    assert f"\r\nx-served-by: {server.pid}\r\n".encode() in receive(connection, 1)


def test_an_answer_is_as_long_as_it_says(connection: socket.socket) -> None:
    connection.sendall(REQUEST)
    head, _, body = receive(connection, 1).partition(b"\r\n\r\n")

    assert f"content-length: {len(body)}".encode() in head.split(b"\r\n")


def test_pipelined_requests_get_one_answer_each(connection: socket.socket) -> None:
    connection.sendall(REQUEST * 3)
    connection.shutdown(socket.SHUT_WR)
    everything = b"".join(iter(lambda: connection.recv(65536), b""))

    assert everything.count(BODY) == 3


@pytest.mark.parametrize("cut", [1, len(REQUEST) - 3, len(REQUEST) - 2, len(REQUEST) - 1])
def test_a_request_that_arrives_in_two_parts_gets_one_answer(connection: socket.socket, cut: int) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # each part in a packet of its own
    connection.sendall(REQUEST[:cut])
    connection.sendall(REQUEST[cut:])
    connection.shutdown(socket.SHUT_WR)
    everything = b"".join(iter(lambda: connection.recv(65536), b""))

    assert everything.count(BODY) == 1
