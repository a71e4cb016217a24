"""What the servers that lie have in common: HTTP/1.1 on the port of the first argument, one function that answers."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

TRUTH = b'{"message":"Hello, World!"}'

Lie = Callable[[int, int], bytes | None]
"""From the number of this request and of the connections that are open to the answer; None closes the connection."""


def answer(body: bytes = TRUTH, *, status: str = "200 OK") -> bytes:
    """A whole answer."""
    head = (
        f"HTTP/1.1 {status}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"x-served-by: {os.getpid()}",
    )
    return "\r\n".join((*head, "", "")).encode() + body


class Liar(asyncio.Protocol):
    """One connection; requests have no body."""

    served = 0
    connections = 0

    def __init__(self, lie: Lie) -> None:
        """Answer as ``lie`` says."""
        self._lie = lie
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        """Keep count."""
        self._transport = transport
        Liar.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """Keep count."""
        Liar.connections -= 1

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        *heads, self._received = (self._received + data).split(b"\r\n\r\n")
        for _ in heads:
            Liar.served += 1
            told = self._lie(Liar.served, Liar.connections)
            if told is None:
                self._transport.abort()
                return
            self._transport.write(told)


def serve(lie: Lie) -> None:
    """Until the process is ended."""

    async def listen() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: Liar(lie), "127.0.0.1", int(sys.argv[1]))
        await server.serve_forever()

    asyncio.run(listen())


def serve_one_by_one(*, backlog: int) -> None:
    """One connection at a time, each closed after its answer; so many others may wait to be accepted."""
    with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=backlog) as listening:
        while True:
            connection, _ = listening.accept()
            with connection:
                if connection.recv(65536):
                    time.sleep(0.002)  # noqa: TID251 (long enough for others to come)
                    connection.sendall(answer())
