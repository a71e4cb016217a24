"""Exchanges: what is sent to a stack over the wire, what must come back, and what counts as a mismatch."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stacklab.model.fingerprint import unpacked, without
from stacklab.model.secrets import filled, filled_headers
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import (
    SERVED_BY,
    Backend,
    Contract,
    Counted,
    Endpoint,
    Probe,
    RecordedResponse,
    target,
)

TELLING = ("content-type", "content-encoding", "location")
"""Headers that are part of what was answered."""

SWITCHING = 101
"""The status with which HTTP ends and a WebSocket begins."""


def authority(host: str, port: int) -> str:
    """What the header ``Host`` says: RFC 3986 puts an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One request over the wire, and what must come back."""

    summary: str
    target: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    sends: bytes = b""
    """The body of the request."""
    in_chunks: bool = False
    """It is sent without its length."""
    status: tuple[int, ...] = (200,)
    """What is right; none: anything is."""
    content_type: str | None = None
    body: str | None = None
    """The exact body, or None where only status and content type are known."""
    one_key_of: tuple[str, ...] = ()
    """The body is a JSON object with one of these keys; empty: nothing is known of it."""
    spread_ms: int = 0
    """The last chunk of the body is sent so long after the first."""
    messages: tuple[str, ...] = ()
    """A WebSocket, on which each of these comes back."""
    counted: Counted | None = None
    """Where what the request leaves behind is counted."""
    recorded: RecordedResponse | None = None
    """The response, where it is known by no more than what was recorded of it."""
    names_worker: bool = True
    """Whether the response must name the process that gave it."""
    keeps: bool | None = None
    """Whether the connection is kept for the next request; None: either is right."""
    declared: str | None = None
    """The stack says that it answers otherwise, and how."""

    @property
    def name(self) -> str:
        """How a mismatch names it."""
        return f"{self.summary} ({self.method} {self.target})"

    def with_secrets(self, secrets: Mapping[str, str]) -> "Exchange":
        """What is sent: the secrets in place of the words that stand for them."""
        return replace(
            self,
            target=filled(self.target, secrets),
            headers=filled_headers(self.headers, secrets),
            sends=filled(self.sends.decode(), secrets).encode() if secrets else self.sends,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """What came back: header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of a header that came several times, a line each."""
    body: bytes = b""
    spread_ms: float = 0.0
    """Between the first chunk of the body and the last."""
    messages: tuple[str, ...] = ()
    """What came back on a WebSocket."""
    keeps: bool = True
    """Whether the server says that it keeps the connection."""

    @property
    def encoding(self) -> str:
        """How the body is packed."""
        return self.headers.get("content-encoding", "")


def telling_headers(response: Response) -> dict[str, str]:
    """The headers that are part of what was answered; of cookies their names alone, because values are made anew."""
    cookies = sorted(line.partition("=")[0].strip() for line in response.headers.get("set-cookie", "").splitlines())
    told = {name: response.headers[name] for name in TELLING if name in response.headers}
    return told | ({"set-cookie": ", ".join(cookies)} if cookies else {})


def exchanges(contract: Contract, stack: Stack) -> Iterator[Exchange]:
    """Everything of the contract that the app of this stack must answer."""
    for name, endpoint in contract.endpoints.items():
        if _is_for(stack, endpoint):
            yield from _of_endpoint(name, endpoint, stack)
    for probe in contract.probes:
        if _is_for(stack, probe):
            yield Exchange(
                summary=probe.summary,
                target=probe.target,
                method=probe.method,
                headers=probe.request_headers,
                sends=probe.request_body.encode(),
                in_chunks=probe.chunked,
                status=probe.status,
                content_type=probe.content_type,
                body=probe.answer,
                one_key_of=contract.error_keys if probe.answer is None else (),
                declared=stack.differs.get(probe.summary),
            )


def promised(contract: Contract, asked: Iterable[Exchange], backend: Backend) -> int:
    """How many queries to a backend the contract promises for these exchanges."""
    endpoints = (contract.endpoints.get(one.summary) for one in asked)
    return sum(endpoint.queries for endpoint in endpoints if endpoint is not None and endpoint.backend is backend)


def _is_for(stack: Stack, asked: Endpoint | Probe) -> bool:
    return stack.interface in asked.interfaces and (asked.part is None or asked.part in stack.serves)


def _of_endpoint(name: str, endpoint: Endpoint, stack: Stack) -> Iterator[Exchange]:
    declared = stack.differs.get(name)
    if endpoint.messages:
        yield Exchange(
            summary=name,
            target=endpoint.path,
            status=(SWITCHING,),
            messages=endpoint.messages,
            declared=declared,
        )
    if endpoint.recorded is not None:
        yield Exchange(
            summary=name,
            target=endpoint.path,
            method=endpoint.method,
            headers=endpoint.request_headers,
            sends=endpoint.request_body.encode(),
            status=(endpoint.status,),
            recorded=endpoint.recorded,
            names_worker=endpoint.recorded.names_worker,
            declared=declared,
        )
    for query, body in endpoint.answers.items():
        yield Exchange(
            summary=name,
            target=target(endpoint.path, query),
            method=endpoint.method,
            headers=endpoint.request_headers,
            sends=endpoint.request_body.encode(),
            status=(endpoint.status,),
            content_type=endpoint.content_type,
            body=body,
            spread_ms=endpoint.spread_ms.get(query, 0),
            counted=endpoint.counted,
            keeps=stack.keep_alive if endpoint.part is None else None,
            declared=declared,
        )


def mismatches(exchange: Exchange, response: Response) -> Iterator[str]:
    """Every way in which the response breaks the contract, each as a sentence that names the difference."""
    what = exchange.name
    if exchange.status and response.status not in exchange.status:
        wanted = " or ".join(map(str, exchange.status))
        yield f"{what}: status {response.status} instead of {wanted}"
    content_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if exchange.content_type is not None and content_type != exchange.content_type:
        yield f"{what}: content type {content_type or 'missing'!r} instead of {exchange.content_type!r}"
    yield from (f"{what}: {difference}" for difference in _another_body(exchange, response))
    if exchange.keeps and not response.keeps:
        yield f"{what}: the server closes the connection; add `keep_alive = false` to the stack"
    if exchange.keeps is False and response.keeps:
        yield f"{what}: the server keeps the connection open; remove `keep_alive = false` from the stack"
    if exchange.messages and response.messages != exchange.messages:
        yield f"{what}: the messages {list(response.messages)} came back instead of {list(exchange.messages)}"
    if exchange.names_worker and response.status != SWITCHING and not response.headers.get(SERVED_BY, "").isdecimal():
        yield f"{what}: the header {SERVED_BY} does not name the process that served it"


def _another_body(exchange: Exchange, response: Response) -> Iterator[str]:
    """How the body differs from what is known of it, and how it came."""
    if exchange.body is not None and response.body != exchange.body.encode():
        yield f"body {_shown(response.body)} instead of {_shown(exchange.body.encode())}"
    if exchange.one_key_of and not _has_one_key_of(exchange.one_key_of, response.body):
        keys = " or ".join(map(repr, exchange.one_key_of))
        yield f"body {_shown(response.body)} instead of a JSON object with {keys}"
    if response.spread_ms < exchange.spread_ms / 2:  # a client that wakes up late sees the first chunk late
        came = f"{response.spread_ms:.0f} ms instead of {exchange.spread_ms}"
        yield f"its chunks came within {came}; the server buffers them"
    if exchange.recorded is not None:
        yield from _not_as_recorded(exchange.recorded, response)


def _not_as_recorded(recorded: RecordedResponse, response: Response) -> Iterator[str]:
    """Each header, and the body, that differ in more than what may vary."""
    vary = recorded.body.vary if recorded.body else ()
    told = telling_headers(response)
    if recorded.body is None:
        told.pop("location", None)
    for name in sorted(recorded.headers.keys() | told.keys()):
        was, is_ = recorded.headers.get(name, "missing"), told.get(name, "missing")
        if without(was.encode(), vary) != without(is_.encode(), vary):
            yield f"the header {name} is {is_!r} instead of {was!r}"
    if recorded.body is not None and not recorded.body.fits(response.body, encoding=response.encoding):
        length = len(unpacked(response.body, response.encoding))
        yield (
            f"its body of {length} bytes is not the recorded one of {recorded.body.length} bytes; "
            "if it may vary, say so with --vary-body"
        )


def _has_one_key_of(keys: tuple[str, ...], body: bytes) -> bool:
    try:
        document = json.loads(body)
    except ValueError:
        return False
    return isinstance(document, dict) and not document.keys().isdisjoint(keys)


def _shown(body: bytes, limit: int = 80) -> str:
    """Enough of a body to see the difference."""
    return repr(body) if len(body) <= limit else f"{body[:limit]!r}… ({len(body)} bytes)"
