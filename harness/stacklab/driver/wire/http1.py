"""One HTTP/1.1 answer, however it is cut into segments; llhttp does the reading. Pure: no sockets here."""

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from stacklab.driver.loop.rows import worker_number
from stacklab.model.traffic.contract import SERVED_BY
from stacklab.units import Nanoseconds

SERVED_BY_HEADER = SERVED_BY.encode()


class HttpReader:
    """Reads one response, however it is cut into segments.

    ``close()`` must be called in the end: the parser holds the reader and the reader the parser, and the garbage
    collector that would find such a pair is off while requests are measured.
    """

    def __init__(self, *, bodiless: bool = False) -> None:
        self.raw = bytearray()
        self.body = bytearray()
        self.status = 0
        self.worker = 0
        self.encoding = ""
        """How the body is packed."""
        self.closes = False
        self.complete = False
        self.excess = False
        """More came than one response."""
        self.owes = b""
        """Nothing: after its request, HTTP has nothing to send."""
        self.repeats = True
        self._bodiless = bodiless
        self._framed = False
        self._headed = False
        self._parser: HttpResponseParser | None = HttpResponseParser(self)

    def feed(self, data: bytes, now_ns: Nanoseconds = 0) -> None:  # noqa: ARG002 (a reader of pieces needs it)
        """Read a segment that was received ``now_ns``; ``ValueError`` if this is not HTTP."""
        if self._parser is None:
            raise ValueError("the reader is closed")
        self.raw += data
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self._finish()
        except HttpParserError as error:
            if not self.complete:
                raise ValueError(str(error)) from error
            self.excess = True

    def end(self) -> bool:
        """Say whether the end of the connection completes the response: it does if nothing else told its length."""
        if self._headed and not self._framed and not self.complete:
            self._finish()
        return self.complete

    def close(self) -> None:
        """Let go of the parser."""
        self._parser = None

    def on_message_begin(self) -> None:
        """llhttp: the first byte of a response."""
        if self.complete:
            self.excess = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """llhttp: one header."""
        if self.complete:
            return
        match name.lower():
            case b"content-length" | b"transfer-encoding":
                self._framed = True
            case b"content-encoding":
                self.encoding = value.decode("latin-1")
            case name if name == SERVED_BY_HEADER:
                self.worker = worker_number(value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        """llhttp: the head is over."""
        self._headed = True
        if self._bodiless:
            self._finish()

    def on_body(self, data: bytes) -> None:
        """llhttp: a part of the body."""
        if self.complete:
            self.excess = True
        else:
            self.body += data

    def on_message_complete(self) -> None:
        """llhttp: the response is over, unless it was only an interim one (RFC 9110 15.2)."""
        if self.complete or self._parser is None:
            return
        if 100 <= self._parser.get_status_code() < 200:
            self._headed = self._framed = False
        else:
            self._finish()

    def _finish(self) -> None:
        if self.complete or self._parser is None:
            return
        self.complete = True
        self.status = self._parser.get_status_code()
        self.closes = not self._parser.should_keep_alive()
