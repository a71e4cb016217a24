"""What the programs wait for: a server in a process of its own that answers each line after as many ms as it says.

A line ``most`` is answered with the largest number of requests that it has had to wait for at once.
"""

import asyncio
import ctypes
import os
import signal
import socket
from typing import cast

PR_SET_PDEATHSIG = 1


class Stub:
    """Who waits, over all connections."""

    def __init__(self) -> None:
        self.waiting = 0
        self.most = 0

    async def serve(self, listener: socket.socket) -> None:
        """Serve until the process is ended."""
        server = await asyncio.get_running_loop().create_server(lambda: Conversation(self), sock=listener, backlog=1024)
        await server.serve_forever()


class Conversation(asyncio.Protocol):
    """One connection; a client sends a line when it has got the answer to the last."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers are written to."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer later."""
        if data == b"most\n":
            self._transport.write(b"%d\n" % self._stub.most)
            return
        self._stub.waiting += 1
        self._stub.most = max(self._stub.most, self._stub.waiting)
        asyncio.get_running_loop().call_later(int(data) / 1000, self._answer)

    def _answer(self) -> None:
        self._stub.waiting -= 1
        if not self._transport.is_closing():
            self._transport.write(b"done\n")


def start() -> int:
    """Start the server, and return its port. It ends with this process.

    Call it before anything else is started: the process is forked.
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    port: int = listener.getsockname()[1]
    parent = os.getpid()
    if os.fork():
        listener.close()
        return port
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() == parent:
        asyncio.run(Stub().serve(listener))
    os._exit(0)


def ask(connection: socket.socket, line: str) -> bytes:
    """Send a line, wait, and return the answer."""
    connection.sendall(f"{line}\n".encode())
    return connection.recv(64)
