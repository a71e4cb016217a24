"""What streams.py is to threads, for event loops: bodies that are awaited, piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Any

from streams import Upload
from work import TooLargeError


async def spaced(
    piece: Callable[[int], bytes], count: int, gap_ms: int, *, sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep
) -> AsyncIterator[bytes]:
    """Yield pieces with a wait between them, not before the first; trio has a sleep of its own."""
    for number in range(count):
        if number:
            await sleep(gap_ms / 1000)
        yield piece(number)


async def read_whole(body: AsyncIterable[bytes], most: int) -> bytes:
    """Read the body to its end; one that is larger is refused as soon as that is seen."""
    read = bytearray()
    async for piece in body:
        read += piece
        if len(read) > most:
            raise TooLargeError(f"the body is larger than {most} bytes")
    return bytes(read)


async def read_upload(body: AsyncIterable[bytes]) -> dict[str, int | str]:
    """Read the body to its end and keep none of it: the answer to an upload."""
    upload = Upload()
    async for piece in body:
        upload.add(piece)
    return upload.report()
