"""Asks the delay service with blocking sockets and nothing else: the least that a call to another service can cost.

Connections are kept for the next request, whichever thread it comes in. Under gevent the sockets are gevent's own.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from urllib.parse import urlsplit

TIMEOUT_S = 30
"""Beyond the longest delay that can be asked for."""

END_OF_HEAD = b"\r\n\r\n"

_idle: deque[socket.socket] = deque()


def address() -> tuple[str, int]:
    """Where the service listens, as the harness says in the environment."""
    url = urlsplit(os.environ["DELAYS_URL"])
    return url.hostname or "", url.port or 80


def request(ms: int) -> bytes:
    """What is sent. The connection stays open."""
    return b"GET /?ms=%d HTTP/1.1\r\nHost: delays\r\n\r\n" % ms


def body_length(head: bytes) -> int:
    """Bytes that follow the head of an answer; an answer that is no success is an error."""
    status, *lines = head.lower().split(b"\r\n")
    if status.split(b" ")[1] != b"200":
        raise ConnectionError(f"the delay service answered {status!r}")
    return next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))


def wait(ms: int) -> None:
    """Wait for an answer that takes so many milliseconds."""
    try:
        connection = _idle.pop()
    except IndexError:
        connection = socket.create_connection(address(), timeout=TIMEOUT_S)
    try:
        connection.sendall(request(ms))
        _read(connection)
    except BaseException:
        connection.close()
        raise
    _idle.append(connection)


def _read(connection: socket.socket) -> None:
    received = b""
    while END_OF_HEAD not in received:
        received += _some(connection)
    head, _, body = received.partition(END_OF_HEAD)
    missing = body_length(head) - len(body)
    while missing > 0:
        missing -= len(_some(connection))


def _some(connection: socket.socket) -> bytes:
    received = connection.recv(4096)
    if not received:
        raise ConnectionError("the delay service closed the connection before it had answered")
    return received
