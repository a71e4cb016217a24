"""What is asked, and what is known of the responses: requests made once, answers judged whole. Pure.

Servers repeat themselves: but for the ``Date`` header, which changes once a second, the responses to one request are
equal to the byte. So every response that was once parsed is remembered with its verdict, and the next one that is equal
needs no parsing at all: one look into a dict checks its status, its headers and every byte of its body. What is not
found there goes through llhttp.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol
from urllib.parse import urlencode

from stacklab.driver.loop.rows import Chunks
from stacklab.driver.pacing.schedule import VARY_STREAM, generator
from stacklab.driver.wire.chunks import ChunkReader
from stacklab.driver.wire.failures import FailureLog
from stacklab.driver.wire.http1 import HttpReader
from stacklab.driver.wire.websocket import UPGRADE, MessageReader, frame
from stacklab.model.measured.record import Outcome
from stacklab.model.traffic.exchange import SWITCHING, authority
from stacklab.model.traffic.order import Between, Order, PlannedRequest, pattern_for
from stacklab.units import BYTES_PER_MIB, Nanoseconds

MAX_KNOWN = 512
"""Responses remembered per request. Full: all are forgotten and learned again."""

MAX_KNOWN_BYTES = 16 * 1024
"""Larger responses come in several segments, so they are parsed anyway."""

MAX_REMEMBERED_BYTES = 16 * BYTES_PER_MIB
"""Of the responses that all requests of an order remember together. Full: all are forgotten and learned again."""

TAKES_A_BODY = frozenset({"POST", "PUT", "PATCH"})
"""A request of these says how long its body is even if there is none: RFC 9110, section 8.6."""

UNHANDLED = 500
"""A server error that nobody asked for: some servers (uvicorn) hang up after it without having said so, and a request
that is then on its way would count as a second failure."""

VARIANTS = 1024
"""A shot that varies is drawn and serialised so often before the run, and each of these is as likely as the next."""


class JudgedResponse(NamedTuple):
    """What a whole response turned out to be."""

    outcome: Outcome
    status: int
    length: int
    """Bytes of the body, chunk headers not counted."""
    worker: int
    """Process id the response names; 0 for none."""
    closes: bool
    """Nothing more can be asked on this connection."""


class ResponseReader(Protocol):
    """Reads one response, however it is cut into segments.

    ``feed`` takes each segment; after it, one of three things is so. The response is ``complete``, and the fields say
    what it was; more of it must come; or it broke the protocol, which ``feed`` has raised as ``ValueError``. When the
    connection ends, ``end`` says whether that completes the response. ``close`` is called in any case.
    """

    raw: bytearray
    body: bytearray
    status: int
    worker: int
    """Process id that the response names; 0 for none."""
    encoding: str
    """How the body is packed."""
    closes: bool
    complete: bool
    excess: bool
    """More came than one response."""
    owes: bytes
    """What the server is to be sent at once; in HTTP nothing ever is."""
    repeats: bool
    """Whether the same bytes may be judged without a reader the next time: not where it does more than to read."""

    def feed(self, data: bytes, now_ns: Nanoseconds) -> None:
        """Read a segment that was received ``now_ns``; ``ValueError`` if it breaks the protocol."""

    def end(self) -> bool:
        """Say whether the end of the connection completes the response."""

    def close(self) -> None:
        """Let go of everything."""


class Memory:
    """What all requests of an order remember of their responses, within one budget: one that varies is many."""

    def __init__(self, *, at_most: int = MAX_REMEMBERED_BYTES) -> None:
        """``at_most`` so many bytes."""
        self._at_most = at_most
        self._bytes = 0
        self._parts: list[dict[bytes, JudgedResponse] | set[bytes]] = []

    def hold(self, *parts: dict[bytes, JudgedResponse] | set[bytes]) -> None:
        """Count what will be added to these."""
        self._parts += parts

    def make_room(self, part: dict[bytes, JudgedResponse] | set[bytes], length: int) -> None:
        """Forget what is necessary to add so many bytes to a part."""
        if len(part) >= MAX_KNOWN:
            self._bytes -= sum(map(len, part))
            part.clear()
        if self._bytes + length > self._at_most:
            for other in self._parts:
                other.clear()
            self._bytes = 0
        self._bytes += length


class PreparedRequest:
    """One kind of request, serialised, and what is known of its responses."""

    def __init__(
        self,
        shot: PlannedRequest,
        *,
        endpoint: int,
        host: str,
        port: int,
        keep_alive: bool,
        memory: Memory | None = None,
        failures: FailureLog | None = None,
    ) -> None:
        """Serialise once; ``endpoint`` is the index of the shot in its order, whose requests share all else."""
        self.endpoint = endpoint
        self.keep_alive = keep_alive
        self.first = self
        """What is asked first on a new connection."""
        self.then: PreparedRequest | None = None
        """What is asked when this, the handshake of a WebSocket, has been answered."""
        if shot.message is None:
            self.payload = serialise(shot, host=host, port=port, keep_alive=keep_alive)
        else:
            self.payload = frame(shot.message.encode())
            shot = replace(shot, expect_status=SWITCHING, expect_body=shot.message)
            self.first = PreparedRequest(
                replace(shot, message=None, headers={**shot.headers, **UPGRADE}, body="", any_body=True),
                endpoint=endpoint,
                host=host,
                port=port,
                keep_alive=keep_alive,
                memory=memory,
                failures=failures,
            )
            self.first.then = self
        self.bodiless = shot.method == "HEAD"
        self.known: dict[bytes, JudgedResponse] = {}
        self.heads: set[bytes] = set()
        """First segments that were not yet the whole response; uvicorn sends head and body apart."""
        self._memory = Memory() if memory is None else memory
        self._memory.hold(self.known, self.heads)
        self._failures = failures
        self._piece_end = None if shot.piece_end is None else shot.piece_end.encode()
        self._is_message = shot.message is not None
        self._status = shot.expect_status
        self._body = None if shot.expect_body is None else shot.expect_body.encode()
        self._recorded = shot.recorded
        self._pattern = None if shot.expect_pattern is None else pattern_for(shot.target, shot.expect_pattern)
        is_known = shot.expect_body is not None or shot.recorded is not None or self._pattern is not None
        self._any_body = shot.any_body or (bool(shot.vary) and not is_known)

    def reader(self, connection: int, chunks: Chunks) -> ResponseReader:
        """Make what reads one response; where it comes in chunks, they are noted under the number of the connection."""
        if self._is_message:
            return MessageReader()
        if self._piece_end is not None:
            return ChunkReader(self._piece_end, chunks, connection=connection, bodiless=self.bodiless)
        return HttpReader(bodiless=self.bodiless)

    def read(self, reader: ResponseReader, data: bytes, now_ns: Nanoseconds) -> JudgedResponse | None:
        """Read a segment of a response, received ``now_ns``: its verdict when it is whole, None before.

        Raises:
            ValueError: it breaks the protocol.
        """
        is_first = not reader.raw
        reader.feed(data, now_ns)
        remembers = reader.repeats and self.then is None
        if not reader.complete:
            if is_first and len(data) <= MAX_KNOWN_BYTES and remembers:
                self._memory.make_room(self.heads, len(data))
                self.heads.add(data)
            return None
        judged = self.judge(reader)
        if len(reader.raw) <= MAX_KNOWN_BYTES and remembers:
            self._memory.make_room(self.known, len(reader.raw))
            self.known[bytes(reader.raw)] = judged
        return judged

    def judge(self, response: ResponseReader) -> JudgedResponse:
        """Judge a complete response. Without an expected body, the first right one becomes it."""
        body = bytes(response.body)
        if response.status != self._status:
            outcome = Outcome.STATUS
        elif response.excess or not self._is_right(body, response.encoding):
            outcome = Outcome.BODY
        else:
            outcome = Outcome.OK
            if not self._any_body:
                self._body = body
        if outcome is not Outcome.OK and self._failures is not None:
            self._failures.note(self.endpoint, outcome, response.status, body, encoding=response.encoding)
        return JudgedResponse(
            outcome=outcome,
            status=response.status,
            length=len(body),
            worker=response.worker,
            closes=response.closes
            or response.excess
            or not self.keep_alive
            or self.then is not None
            or (outcome is Outcome.STATUS and response.status == UNHANDLED),
        )

    def _is_right(self, body: bytes, encoding: str) -> bool:
        """Whether it is the expected body. The last one that was is compared first: fingerprints take time."""
        if self._any_body or body == self._body:
            return True
        if self._recorded is not None:
            return self._recorded.fits(body, encoding=encoding)
        if self._pattern is not None:
            return self._pattern.fullmatch(body) is not None
        return self._body is None


def serialise(shot: PlannedRequest, *, host: str, port: int, keep_alive: bool) -> bytes:
    """Write a request out. Headers of the shot win over those that are added for it."""
    body = shot.body.encode()
    headers = {"host": authority(host, port), "accept": "*/*", "user-agent": "stacklab"}
    if body or shot.method in TAKES_A_BODY:
        headers["content-length"] = str(len(body))
    if not keep_alive:
        headers["connection"] = "close"
    headers |= {name.lower(): value for name, value in shot.headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{shot.method} {shot.target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


def prepared_requests(order: Order, failures: FailureLog | None = None) -> tuple[list[PreparedRequest], list[float]]:
    """Make the questions of an order, and their weights. A shot that varies is many questions of one endpoint."""
    asked: list[PreparedRequest] = []
    weights: list[float] = []
    memory = Memory()
    for endpoint, shot in enumerate(order.shots):
        targets = _targets(shot, seed=order.seed, endpoint=endpoint)
        for target in targets:
            asked.append(
                PreparedRequest(
                    replace(shot, target=target),
                    endpoint=endpoint,
                    host=order.host,
                    port=order.port,
                    keep_alive=order.keep_alive,
                    memory=memory,
                    failures=failures,
                )
            )
            weights.append(shot.weight / len(targets))
    return asked, weights


def _targets(shot: PlannedRequest, *, seed: int, endpoint: int) -> Sequence[str]:
    """Draw the values of the query parameters that vary."""
    if not shot.vary:
        return (shot.target,)
    chance = generator(seed, VARY_STREAM, endpoint)
    columns = []
    for values in shot.vary.values():
        if isinstance(values, Between):
            columns.append([str(value) for value in chance.integers(values.low, values.high + 1, size=VARIANTS)])
        else:
            columns.append([values[index] for index in chance.integers(len(values), size=VARIANTS)])
    sign = "&" if "?" in shot.target else "?"
    return [
        f"{shot.target}{sign}{urlencode(list(zip(shot.vary, row, strict=True)))}" for row in zip(*columns, strict=True)
    ]
