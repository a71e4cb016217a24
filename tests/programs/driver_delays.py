"""A server whose service time the request names: ``?us=N``. ``one``: one request at a time; ``many``: all at once.

What it really took, in microseconds, is the number in the header that elsewhere names the process: on a busy machine
it takes longer, and a test of the driver must not blame the driver for that.
"""

import asyncio
import sys
import time

ANSWER = b"HTTP/1.1 200 OK\r\nx-served-by: %d\r\ncontent-length: 2\r\n\r\nok"
SPUN_S = 0.0005
"""A sleep ends late by a part of this; the last of the wait is spun."""


def work(until_s: float) -> None:
    """Hold the only thread."""
    rest_s = until_s - time.monotonic() - SPUN_S
    if rest_s > 0:
        time.sleep(rest_s)  # noqa: TID251 (this program is what waits)
    while time.monotonic() < until_s:
        pass


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            seconds = int(head.split(b" ")[1].partition(b"us=")[2] or 0) / 1e6
            began = time.monotonic()
            if sys.argv[1] == "one":
                work(began + seconds)
            else:
                await asyncio.sleep(seconds)
            writer.write(ANSWER % ((time.monotonic() - began) * 1e6))
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        writer.close()


async def main() -> None:
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
