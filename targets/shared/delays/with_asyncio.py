"""What with_sockets.py is to threads, for asyncio: its streams and nothing else, connections kept."""

from __future__ import annotations

import asyncio
from collections import deque

from delays.with_sockets import END_OF_HEAD, address, body_length, request

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_idle: deque[Connection] = deque()


async def wait(ms: int) -> None:
    """Wait for an answer that takes so many milliseconds."""
    connection = _idle.pop() if _idle else await asyncio.open_connection(*address())
    reader, writer = connection
    try:
        writer.write(request(ms))
        head = await reader.readuntil(END_OF_HEAD)
        await reader.readexactly(body_length(head))
    except BaseException:
        writer.close()
        raise
    _idle.append(connection)
