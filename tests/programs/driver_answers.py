"""A server that answers as the path asks it to: rightly, in pieces, wrongly, or not at all."""

import asyncio
import itertools
import os
import time

BODY = b"Hello, World!"
HEAD = f"HTTP/1.1 200 OK\r\ncontent-length: {len(BODY)}\r\nx-served-by: {os.getpid()}\r\n".encode()
RIGHT = HEAD + b"\r\n" + BODY
LARGE = b"x" * 1_000_000
ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n"
PING = b"\x89\x02hi"
PONG = 0x8A

ANSWERS: dict[str, tuple[bytes, ...]] = {
    "/right": (RIGHT,),
    "/pieces": (HEAD, b"\r\n", BODY[:5], BODY[5:]),
    "/chunked": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nHello\r\n8\r\n, World!\r\n0\r\n\r\n",),
    "/interim": (b"HTTP/1.1 100 Continue\r\n\r\n" + RIGHT,),
    "/large": (b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(LARGE), LARGE),
    "/error": (b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n",),
    "/wrong": (RIGHT.replace(b"World", b"Wurld"),),
    "/events": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
        *(b"9\r\ndata: %d\n\n\r\n" % number for number in range(3)),
        b"0\r\n\r\n",
    ),
    "/excess": (RIGHT + b"garbage",),
    "/closes": (HEAD + b"connection: close\r\n\r\n" + BODY,),
    "/unframed": (b"HTTP/1.1 200 OK\r\n\r\n" + BODY,),
    "/strange": (RIGHT.replace(str(os.getpid()).encode(), b"one of many"),),
    "/beyond": (RIGHT.replace(str(os.getpid()).encode(), b"4294967296"),),
    "/short": (RIGHT[:-4],),
    "/not-http": (b"220 mail.example.com ESMTP\r\n",),
    "/hangs-up": (),
}
ENDS = {"/closes", "/unframed", "/short", "/hangs-up"}
"""After these the connection is closed by the server."""

IMPATIENT_S = 0.05
"""After an answer on the path of that name, an idle connection is closed when so much time has passed."""

turns = itertools.count(1)
SLOW = 150
"""Requests on the path that warms up, each of which takes less time than the one before."""
began_s = time.monotonic()


def delay_s(path: str) -> float:
    """How long the answer to this path takes now."""
    if path == "/warms-up":
        return 0.02 + 0.06 * max(0.0, 1 - next(turns) / SLOW)
    if path == "/never-settles":
        return 0.02 + 0.04 * (time.monotonic() - began_s)
    return 0.0


async def message(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The first byte of a short frame of a client, and what it says."""
    first, length = await reader.readexactly(2)
    mask = await reader.readexactly(4)
    masked = await reader.readexactly(length & 0x7F)
    return first, bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked))


async def talk(path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A WebSocket: send each message back, with a ping that must be answered first, or two of them and no more."""
    writer.write(ACCEPTED)
    for number in itertools.count(1):
        first, said = await message(reader)
        if path == "/echo-pings":
            writer.write(PING)
            if await message(reader) != (PONG, b"hi"):
                return
        if path == "/echo-closes" and number == 3:
            writer.write(b"\x88\x00")
            return
        writer.write(bytes((first, len(said))) + said)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    path = ""
    try:
        while True:
            patience_s = IMPATIENT_S if path == "/impatient" else None
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), patience_s)
            path = head.split(b" ")[1].partition(b"?")[0].decode()
            if path == "/never":
                continue
            if path.startswith("/echo"):
                await talk(path, reader, writer)
                return
            if path == "/resets":
                writer.transport.abort()
                return
            if path == "/every-third-hangs-up" and next(turns) % 3 == 0:
                return
            await asyncio.sleep(delay_s(path))
            for piece in ANSWERS.get(path, (RIGHT,)):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if path in ENDS:
                return
    except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
        return
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
