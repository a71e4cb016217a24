"""The server whose answers are known beforehand: each request gets what it names."""

import re
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stacklab.catalog.workspace import reference
from stacklab.effects.processes.supervisor import Child, Supervisor

PROGRAM = reference() / "targets" / "backends" / "delays.py"
DEADLINE_S = 10.0

Connect = Callable[[str], socket.socket]


@pytest.fixture(name="connect")
def _connect(supervisor: Supervisor, tmp_path: Path, heard: Callable[[Child, str], str]) -> Iterator[Connect]:
    """``connect(kind)`` starts the server and connects to it."""
    opened: list[socket.socket] = []

    def start(kind: str) -> socket.socket:
        child = supervisor.spawn([sys.executable, str(PROGRAM), kind], name="delays", log=tmp_path / "log")
        opened.append(socket.create_connection(("127.0.0.1", int(heard(child, "ready"))), timeout=DEADLINE_S))
        return opened[-1]

    yield start
    for connection in opened:
        connection.close()


def request(query: str) -> bytes:
    return f"GET /?{query} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()


def answered(connection: socket.socket) -> bytes:
    """One right answer; fails by the socket's timeout."""
    received = b""
    while not received.endswith(b"\r\n\r\nok"):
        received += connection.recv(4096)
    return received


@pytest.mark.parametrize("kind", ["one", "many"])
def test_an_answer_takes_as_long_as_it_was_asked_to_and_says_so(kind: str, connect: Connect) -> None:
    connection = connect(kind)
    connection.sendall(request("us=20000"))
    took = re.search(rb"x-served-by: (\d+)", answered(connection))

    assert took is not None
    assert int(took[1]) >= 20_000


def test_a_request_in_pieces_gets_one_answer(connect: Connect) -> None:
    connection = connect("many")
    for piece in (request("us=0")[:9], request("us=0")[9:]):
        connection.sendall(piece)

    assert 1 == answered(connection).count(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("end", ["short", "hangs-up", "resets"])
def test_some_endings_end_the_connection(end: str, connect: Connect) -> None:
    connection = connect("many")
    connection.sendall(request(f"end={end}"))

    with _ending():
        while connection.recv(4096):
            pass


@contextmanager
def _ending() -> Iterator[None]:
    """Closed or reset are both ends; a timeout is none."""
    try:
        yield
    except ConnectionResetError:
        return


@pytest.mark.parametrize(("end", "says"), [("error", b"HTTP/1.1 500"), ("wrong", b"\r\n\r\nno")])
def test_some_endings_are_wrong_answers(end: str, says: bytes, connect: Connect) -> None:
    connection = connect("many")
    connection.sendall(request(f"end={end}"))

    assert says in connection.recv(4096)
