"""A response that comes in chunks, such as a stream or server-sent events: when each of them came. Pure."""

from stacklab.driver.loop.rows import Chunks
from stacklab.driver.wire.http1 import HttpReader
from stacklab.units import Nanoseconds


class ChunkReader(HttpReader):
    """Reads one response, and notes its first byte and the end of each chunk.

    Chunks are told apart by what they end with, not by the chunks of the transfer encoding: servers may join and split
    those.
    All that one segment brings came at the same moment.
    """

    def __init__(self, end: bytes, chunks: Chunks, *, connection: int, bodiless: bool = False) -> None:
        """``connection`` numbers the TCP connection, under which the moments are noted in ``chunks``."""
        super().__init__(bodiless=bodiless)
        self.repeats = False
        self._end = end
        self._chunks = chunks
        self._connection = connection
        self._count = 0
        self._searched = 0
        """Up to here, no chunk ends that has not been noted."""

    def feed(self, data: bytes, now_ns: Nanoseconds = 0) -> None:
        """Read a segment that was received ``now_ns``; ``ValueError`` if this is not HTTP."""
        had_body = bool(self.body)
        super().feed(data, now_ns)
        if self.body and not had_body:
            self._chunks.add(now_ns, self._connection, 0)
        while (at := self.body.find(self._end, self._searched)) >= 0:
            self._searched = at + len(self._end)
            self._count += 1
            self._chunks.add(now_ns, self._connection, self._count)
        self._searched = max(self._searched, len(self.body) - len(self._end) + 1)
