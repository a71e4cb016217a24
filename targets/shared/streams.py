"""Bodies that come and go in pieces: chunks, server-sent events, and what is told of an upload."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from zlib import crc32

from work import MAX_MS, TooLargeError, whole_number

MAX_PIECES = 10_000
MAX_UPLOAD = 16 * 1024 * 1024
"""Bytes. A larger body is refused, and no more of it is kept than that."""

PIECE = 65_536
"""Bytes to read at a time, where the app has to say how many."""


def parse_pieces(name: str, text: str | None) -> int:
    """Read how many pieces are asked for: ``chunks`` of a stream, or the ``count`` of events."""
    return whole_number(name, text, least=1, most=MAX_PIECES)


def parse_gap_ms(text: str | None) -> int:
    """Read the wait between two pieces."""
    return whole_number("gap_ms", text, most=MAX_MS)


def chunk(number: int) -> bytes:
    """One piece of a stream; they count from 0."""
    return b"chunk %d\n" % number


def event(number: int) -> bytes:
    """One server-sent event; they count from 0."""
    return b"data: %d\n\n" % number


def spaced(piece: Callable[[int], bytes], count: int, gap_ms: int) -> Iterator[bytes]:
    """Pieces with a wait between them, not before the first, in the calling thread: gevent's sleep under gevent."""
    for number in range(count):
        if number:
            time.sleep(gap_ms / 1000)  # noqa: TID251 (waiting is what is asked for; the harness is another process)
        yield piece(number)


class Upload:
    """What is told of a body that is read piece by piece and kept nowhere."""

    def __init__(self) -> None:
        self._bytes = 0
        self._crc32 = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece."""
        self._bytes += len(piece)
        if self._bytes > MAX_UPLOAD:
            raise TooLargeError(f"the body is larger than {MAX_UPLOAD} bytes")
        self._crc32 = crc32(piece, self._crc32)

    def report(self) -> dict[str, int | str]:
        """Answer to the whole of it."""
        return {"bytes": self._bytes, "crc32": f"{self._crc32:08x}"}
