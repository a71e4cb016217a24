"""The contract: the endpoints that every app answers identically, and what counts as a breach of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from stacklab.model.stack import Interface

SERVED_BY = "x-served-by"
"""The response header in which the worker names itself: its process id, in decimal."""

ALL = tuple(Interface)


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """One endpoint. A query that ``answers`` does not list has no body known beforehand."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    path: str
    exercises: str
    """What part of a stack this endpoint puts to work, in one line."""
    content_type: str
    answers: Mapping[str, str]
    """Query string (``""`` for none) to the exact body."""
    interfaces: tuple[Interface, ...] = ALL
    waits_cooperatively: bool = False
    """Served by the blocking way on a stack whose ``waits`` is blocking; the page says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """Bad input, and the answers that are right for it."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    summary: str
    target: str
    """Path and query."""
    status: tuple[int, ...]
    content_type: str
    interfaces: tuple[Interface, ...] = ALL


@dataclass(frozen=True, kw_only=True, slots=True)
class Contract:
    """All endpoints by name, and the probes with bad input."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    endpoints: Mapping[str, Endpoint]
    probes: tuple[Probe, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One thing to ask over the wire, and what must come back."""

    summary: str
    target: str
    status: tuple[int, ...] = (200,)
    content_type: str | None = None
    body: str | None = None
    """The exact body, or None where only status and content type are known."""
    method: str = "GET"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back: header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def exchanges(contract: Contract, interface: Interface) -> Iterator[Exchange]:
    """Everything of the contract that an app of this interface must answer."""
    for name, endpoint in contract.endpoints.items():
        if interface in endpoint.interfaces:
            for query, body in endpoint.answers.items():
                yield Exchange(
                    summary=name,
                    target=target(endpoint.path, query),
                    content_type=endpoint.content_type,
                    body=body,
                )
    for probe in contract.probes:
        if interface in probe.interfaces:
            yield Exchange(
                summary=probe.summary,
                target=probe.target,
                status=probe.status,
                content_type=probe.content_type,
            )


def target(path: str, query: str) -> str:
    """Path and query as they stand in the request line."""
    return f"{path}?{query}" if query else path


def breaches(exchange: Exchange, answer: Answer) -> Iterator[str]:
    """Every way in which the answer breaks the contract, each as a sentence that names the difference."""
    what = f"{exchange.summary} ({exchange.method} {exchange.target})"
    if answer.status not in exchange.status:
        wanted = " or ".join(map(str, exchange.status))
        yield f"{what}: status {answer.status} instead of {wanted}"
    content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if exchange.content_type is not None and content_type != exchange.content_type:
        yield f"{what}: content type {content_type or 'missing'!r} instead of {exchange.content_type!r}"
    if exchange.body is not None and answer.body != exchange.body.encode():
        yield f"{what}: body {_shown(answer.body)} instead of {_shown(exchange.body.encode())}"
    if not answer.headers.get(SERVED_BY, "").isdecimal():
        yield f"{what}: the header {SERVED_BY} does not name the process that served it"


def _shown(body: bytes, limit: int = 80) -> str:
    """Enough of a body to see the difference."""
    return repr(body) if len(body) <= limit else f"{body[:limit]!r}… ({len(body)} bytes)"
