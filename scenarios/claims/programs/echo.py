"""An echo server on an event loop, and a client in a process of its own that keeps it busy.

``api``: ``protocol`` or ``streams``. The client sends a message on every connection, reads all of them back, and begins
anew. Where the machine has another processor than those of this process, the client goes there.

Row: ``messages_per_s``, that came back.
"""

import asyncio
import os
import signal
import socket
import time
from functools import partial
from typing import cast

from rows import Asked, row, run_on


class Echo(asyncio.Protocol):
    """Sends back what comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Send it back."""
        self._transport.write(data)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back what comes."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def serve(listener: socket.socket, api: str) -> None:
    """Serve until the process is ended."""
    if api == "streams":
        server = await asyncio.start_server(echo, sock=listener)
    else:
        server = await asyncio.get_running_loop().create_server(Echo, sock=listener)
    await server.serve_forever()


def receive(connection: socket.socket, size: int) -> None:
    """Read a whole message."""
    while size:
        size -= len(connection.recv(size))


def exchange(connections: list[socket.socket], message: bytes, seconds: float) -> float:
    """Exchange messages for so long: how many came back in a second."""
    count, began_s = 0, time.monotonic()
    while time.monotonic() < began_s + seconds:
        for connection in connections:
            connection.sendall(message)
        for connection in connections:
            receive(connection, len(message))
        count += len(connections)
    return count / (time.monotonic() - began_s)


def main() -> None:
    """Serve in a child, and be the client."""
    asked = Asked(loop="asyncio", api="protocol", bytes=1024, connections=32, warmup_s=0.5, seconds=2.0)
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    server = os.fork()
    if not server:
        run_on(asked.loop, partial(serve, listener, asked.api))
        os._exit(0)
    others = set(range(os.cpu_count() or 1)) - os.sched_getaffinity(0)
    if others:
        os.sched_setaffinity(0, others)
    connections = [socket.create_connection(listener.getsockname()) for _ in range(asked.connections)]
    message = b"x" * asked.bytes
    exchange(connections, message, asked.warmup_s)
    row("messages_per_s", exchange(connections, message, asked.seconds))
    os.kill(server, signal.SIGKILL)


if __name__ == "__main__":
    main()
