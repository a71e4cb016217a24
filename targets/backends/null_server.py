"""A server that does nothing as fast as Python can: what the driver reaches against it, the driver can send.

Every request gets the same answer, whatever it asks for. HTTP/1.1 with keep-alive and pipelining, no request bodies.
Prints ``ready PORT`` once it listens; ends on SIGTERM.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import cast

new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
with suppress(ImportError):
    from uvloop import new_event_loop

END_OF_REQUEST = b"\r\n\r\n"
BODY = b'{"message":"Hello, World!"}'


class Null(asyncio.Protocol):
    """Answers once for each end of a header block, wherever the network cuts the bytes."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers are written to."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer all requests that are now complete, in one write."""
        received = self._rest + data
        complete, end, rest = received.rpartition(END_OF_REQUEST)
        self._rest = rest
        if end:
            self._transport.write(self._answer * (complete.count(END_OF_REQUEST) + 1))


def answer() -> bytes:
    """Response as it goes over the wire, with the header that names this process."""
    head = (
        "HTTP/1.1 200 OK",
        "content-type: application/json",
        f"content-length: {len(BODY)}",
        f"x-served-by: {os.getpid()}",
    )
    return "\r\n".join(head).encode() + END_OF_REQUEST + BODY


async def serve(host: str, port: int) -> None:
    """Listen, say so, and serve until the process is ended."""
    response = answer()
    server = await asyncio.get_running_loop().create_server(lambda: Null(response), host, port, backlog=1024)
    sys.stdout.write(f"ready {server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description="Answer every HTTP/1.1 request with the same small JSON.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve(options.host, options.port))


if __name__ == "__main__":
    main()
