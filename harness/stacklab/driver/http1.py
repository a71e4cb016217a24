"""HTTP/1.1 as the client sees it: requests made once, answers judged whole. Pure: bytes in, verdicts out.

Servers repeat themselves: but for the ``Date`` header, which changes once a second, the answers to one request are
equal to the byte. So every answer that was once parsed is remembered with its verdict, and the next one that is equal
needs no parsing at all: one look into a dict checks its status, its headers and every byte of its body. What is not
found there goes through llhttp.
"""

from typing import NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from stacklab.model.contract import SERVED_BY
from stacklab.model.order import Shot
from stacklab.model.record import Outcome

MAX_KNOWN = 512
"""Answers remembered per shot; with the next limit, 8 MiB. Full: all are forgotten and learned again."""

MAX_KNOWN_BYTES = 16 * 1024
"""Larger answers come in several segments, so they are parsed anyway."""

SERVED_BY_HEADER = SERVED_BY.encode()


class Verdict(NamedTuple):
    """What a whole answer turned out to be."""

    outcome: Outcome
    status: int
    length: int
    """Bytes of the body, chunk headers not counted."""
    worker: int
    """Process id the answer names; 0 for none."""
    closes: bool
    """Nothing more can be asked on this connection."""


class Question:
    """One kind of request, serialised, and what is known of its answers."""

    def __init__(self, shot: Shot, *, endpoint: int, host: str, port: int, keep_alive: bool) -> None:
        """Serialise once; ``endpoint`` is the index of the shot in its order."""
        self.endpoint = endpoint
        self.request = serialise(shot, host=host, port=port, keep_alive=keep_alive)
        self.keep_alive = keep_alive
        self.bodiless = shot.method == "HEAD"
        self.known: dict[bytes, Verdict] = {}
        self.heads: set[bytes] = set()
        """First segments that were not yet the whole answer; uvicorn sends head and body apart."""
        self._status = shot.expect_status
        self._body = None if shot.expect_body is None else shot.expect_body.encode()

    def read(self, reader: "AnswerReader", data: bytes) -> Verdict | None:
        """Read a segment of an answer: its verdict when it is whole, None before; ``ValueError`` if it is not HTTP."""
        is_first = not reader.raw
        reader.feed(data)
        if not reader.complete:
            if is_first and len(data) <= MAX_KNOWN_BYTES:
                self._make_room(self.heads)
                self.heads.add(data)
            return None
        verdict = self.judge(reader)
        if len(reader.raw) <= MAX_KNOWN_BYTES:
            self._make_room(self.known)
            self.known[bytes(reader.raw)] = verdict
        return verdict

    def judge(self, answer: "AnswerReader") -> Verdict:
        """Judge a complete answer. Without an expected body, the first right one becomes it."""
        body = bytes(answer.body)
        if answer.status != self._status:
            outcome = Outcome.STATUS
        elif answer.excess or not (self._body is None or body == self._body):
            outcome = Outcome.BODY
        else:
            outcome = Outcome.OK
            self._body = body
        return Verdict(
            outcome=outcome,
            status=answer.status,
            length=len(body),
            worker=answer.worker,
            closes=answer.closes or answer.excess or not self.keep_alive,
        )

    @staticmethod
    def _make_room(known: dict[bytes, Verdict] | set[bytes]) -> None:
        if len(known) >= MAX_KNOWN:
            known.clear()


def serialise(shot: Shot, *, host: str, port: int, keep_alive: bool) -> bytes:
    """Write a request out. Headers of the shot win over those that are added for it."""
    body = shot.body.encode()
    headers = {"host": f"{host}:{port}", "accept": "*/*", "user-agent": "stacklab"}
    if body:
        headers["content-length"] = str(len(body))
    if not keep_alive:
        headers["connection"] = "close"
    headers |= {name.lower(): value for name, value in shot.headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{shot.method} {shot.target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


class AnswerReader:
    """Reads one answer, however it is cut into segments.

    ``close()`` must be called in the end: the parser holds the reader and the reader the parser, and the garbage
    collector that would find such a pair is off while requests are measured.
    """

    def __init__(self, *, bodiless: bool = False) -> None:
        self.raw = bytearray()
        self.body = bytearray()
        self.status = 0
        self.worker = 0
        self.closes = False
        self.complete = False
        self.excess = False
        """More came than one answer."""
        self._bodiless = bodiless
        self._framed = False
        self._headed = False
        self._parser: HttpResponseParser | None = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Read a segment; ``ValueError`` if this is not HTTP."""
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
        """Say whether the end of the connection completes the answer: it does if nothing else told its length."""
        if self._headed and not self._framed and not self.complete:
            self._finish()
        return self.complete

    def close(self) -> None:
        """Let go of the parser."""
        self._parser = None

    def on_message_begin(self) -> None:
        """llhttp: the first byte of an answer."""
        if self.complete:
            self.excess = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """llhttp: one header."""
        if self.complete:
            return
        match name.lower():
            case b"content-length" | b"transfer-encoding":
                self._framed = True
            case name if name == SERVED_BY_HEADER and value.isdigit():
                self.worker = int(value)

    def on_headers_complete(self) -> None:
        """llhttp: the head is over."""
        self._headed = True
        if self._bodiless:
            self._finish()

    def on_body(self, data: bytes) -> None:
        """llhttp: a piece of the body."""
        if self.complete:
            self.excess = True
        else:
            self.body += data

    def on_message_complete(self) -> None:
        """llhttp: the answer is over, unless it was only an interim one (RFC 9110 15.2)."""
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


def questions(shots: tuple[Shot, ...], *, host: str, port: int, keep_alive: bool) -> tuple[Question, ...]:
    """Serialise every shot of an order."""
    return tuple(
        Question(shot, endpoint=index, host=host, port=port, keep_alive=keep_alive) for index, shot in enumerate(shots)
    )
