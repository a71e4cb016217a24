"""A plain HTTP client that sends one request at a time: to verify a server, not to load it."""

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from types import TracebackType
from typing import Final, Self

from stacklab.effects.clock import now_ns
from stacklab.errors import StageError
from stacklab.model.traffic.exchange import Exchange, Response, authority
from stacklab.units import BYTES_PER_MIB, NS_PER_MS, Nanoseconds, Seconds, ns_from_s

CHUNK_BYTES: Final = 64 * 1024
"""The most that is sent or read at once of a body."""

MOST_BYTES: Final = 64 * BYTES_PER_MIB
"""Of a body: what is longer is not kept whole."""


class NoResponse(StageError):  # noqa: N818 (what happened, in the words of the domain)
    """The server gave no response, or nothing that is HTTP."""


class HttpClient:
    """One connection, kept alive as far as the server likes, opened again when it does not; a context manager."""

    def __init__(self, host: str, port: int, *, timeout_s: Seconds = 5.0) -> None:
        self.host = host
        self.port = port
        self._timeout_s = timeout_s
        self._connection = HTTPConnection(host, port, timeout=timeout_s)
        self._has_responded = False
        self.sent = 0
        """Requests so far, those that were sent again among them."""

    def __enter__(self) -> Self:
        """Connect only when there is a request."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Hang up."""
        self._connection.close()

    def connect(self) -> None:
        """Connect before there is a request. Raises NoResponse with the reason."""
        try:
            self._connection.connect()
        except OSError as error:
            raise self._no_response(error) from error

    def send(self, exchange: Exchange) -> Response:
        """Send the request and read the whole response. Raises NoResponse with the reason."""
        deadline_ns = now_ns() + ns_from_s(self._timeout_s)
        try:
            received = self._respond(exchange)
            headers: dict[str, str] = {}
            for name, value in received.getheaders():
                before = headers.get(name.lower())
                headers[name.lower()] = value if before is None else f"{before}\n{value}"
            keeps = not received.will_close
            body, spread_ms = _read(received, deadline_ns=deadline_ns)
            response = Response(status=received.status, headers=headers, body=body, spread_ms=spread_ms, keeps=keeps)
        except (OSError, HTTPException) as error:
            raise self._no_response(error) from error
        self._has_responded = True
        return response

    def _respond(self, exchange: Exchange) -> HTTPResponse:
        """Send the request; once more on a new connection if the server had given up the old one meanwhile."""
        try:
            return self._send(exchange)
        except (ConnectionResetError, BrokenPipeError):  # RemoteDisconnected is one of the first kind
            if not self._has_responded:
                raise
            self._connection.close()
            return self._send(exchange)

    def _send(self, exchange: Exchange) -> HTTPResponse:
        """As the driver would: with no header that http.client adds of its own accord."""
        self.sent += 1
        connection, body = self._connection, exchange.sends
        headers = {"host": authority(self.host, self.port), "accept": "*/*", "user-agent": "stacklab"}
        if exchange.in_chunks:
            headers["transfer-encoding"] = "chunked"
        elif body:
            headers["content-length"] = str(len(body))
        headers |= {name.lower(): value for name, value in exchange.headers.items()}
        connection.putrequest(exchange.method, exchange.target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        with suppress(BrokenPipeError) if body else nullcontext():  # who refuses a body may have hung up, and answered
            connection.endheaders(_chunks(body) if body else None, encode_chunked=exchange.in_chunks)
        return connection.getresponse()

    def _no_response(self, error: OSError | HTTPException) -> NoResponse:
        """Hang up, and say what went wrong."""
        self._connection.close()
        if isinstance(error, TimeoutError):
            return NoResponse(f"nothing whole within {self._timeout_s:g} s")
        if isinstance(error, _TooLongError):
            return NoResponse(f"its body has no end, or more than {MOST_BYTES // BYTES_PER_MIB} MiB")
        if isinstance(error, OSError):
            return NoResponse((error.strerror or str(error)).lower())
        return NoResponse(repr(error))


def _chunks(body: bytes) -> Iterator[bytes]:
    """What is sent at once, or becomes a chunk."""
    for start in range(0, len(body), CHUNK_BYTES):
        yield body[start : start + CHUNK_BYTES]


class _TooLongError(HTTPException):
    """More than is read of a body."""


def _read(response: HTTPResponse, *, deadline_ns: Nanoseconds) -> tuple[bytes, float]:
    """The whole body, its chunks put together, and the milliseconds between its first chunk and its last.

    The timeout of a socket does not end a body that comes in small chunks for ever.
    """
    chunks: list[bytes] = []
    first_ns = last_ns = length = 0
    while chunk := response.read1(CHUNK_BYTES):
        last_ns = now_ns()
        first_ns = first_ns or last_ns
        chunks.append(chunk)
        length += len(chunk)
        if length > MOST_BYTES:
            raise _TooLongError
        if last_ns > deadline_ns:
            raise TimeoutError
    response.read()  # nothing more, but now http.client knows
    if response.length:  # what is missing of a body whose length was given
        raise IncompleteRead(b"".join(chunks), response.length)
    return b"".join(chunks), (last_ns - first_ns) / NS_PER_MS


def send(host: str, port: int, exchange: Exchange, *, timeout_s: Seconds = 5.0) -> Response:
    """Send one request on a connection of its own. Raises NoResponse with the reason."""
    with HttpClient(host, port, timeout_s=timeout_s) as client:
        return client.send(exchange)
