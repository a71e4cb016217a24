"""The contract: the endpoints that every app answers identically, and bad input with what is right for it.

Endpoints without a ``part`` are the core, which every app serves. The others belong to parts, and a stack says which
of them it serves.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from stacklab.model.fingerprint import Fingerprint
from stacklab.model.stack import Interface, Stack

SERVED_BY = "x-served-by"
"""The response header in which the worker names itself: its process id, in decimal."""

ALL = tuple(Interface)

FILLER = "{filler}"
"""Stands in a request body for as many letters as ``filler`` says."""


class Backend(StrEnum):
    """What an endpoint may ask in its turn, started beside the server for as long as the session lasts."""

    DELAYS = "delays"
    """An HTTP service that answers after so many milliseconds."""
    POSTGRES = "postgres"
    """PostgreSQL with a table of a million rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """Where an app says how often it has done what a request leaves behind: a number in a JSON object."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    path: str
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedResponse:
    """What an app of the user's own answered at first, and must answer from now on: its contract is made by asking."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    headers: Mapping[str, str]
    """Those that ``exchange.telling_headers`` gave."""
    body: Fingerprint | None
    """None: any body is right."""
    names_worker: bool = True
    """Whether a response names the process that gave it, as those of our own apps do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestFields:
    """What is sent: the same keys for an endpoint and for a probe."""

    part: str | None = None
    """What a stack must name among the parts it ``serves``. None: the core, served by all."""
    interfaces: tuple[Interface, ...] = ALL
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    body_type: str | None = None
    """Content type of the body."""
    filler: int = 0
    """Letters that stand for ``{filler}`` in the body."""

    @property
    def request_body(self) -> str:
        """What is sent, the filler filled in."""
        return self.body.replace(FILLER, "x" * self.filler)

    @property
    def request_headers(self) -> Mapping[str, str]:
        """What is sent with it."""
        return self.headers if self.body_type is None else {**self.headers, "content-type": self.body_type}


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint(RequestFields):
    """One endpoint. A query that ``answers`` does not list has no body known beforehand."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    path: str
    exercises: str
    """What part of a stack this endpoint puts to work, in one line."""
    content_type: str | None = None
    """Of the response. None: a WebSocket has none."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Query string (``""`` for none) to the exact body."""
    pattern: str | None = None
    """A regular expression that the body matches whatever the query is; ``{name}`` in it is the value of a parameter.
    By it the driver judges responses to queries that ``answers`` does not list."""
    waits_cooperatively: bool = False
    """Served by the blocking way on a stack whose ``waits`` is blocking; the page says so."""
    status: int = 200
    recorded: RecordedResponse | None = None
    """The response, where it is known by no more than what was recorded of it."""
    alone_ms: str | None = None
    """The parameter that says for how many milliseconds, at its end, a request keeps its worker from serving anything
    else."""
    spread_ms: Mapping[str, int] = field(default_factory=dict)
    """Query to the time that lies between the first and the last chunk of its response, where chunks are sent apart. A
    server that keeps them together breaks the contract."""
    piece_end: str | None = None
    """What each chunk of its responses ends with, where chunks are sent apart: the driver notes when each has come."""
    messages: tuple[str, ...] = ()
    """This is a WebSocket, and each of these text messages comes back unchanged."""
    counted: Counted | None = None
    """What the request leaves behind is done once for each request, soon after its response."""
    backend: Backend | None = None
    queries: int = 0
    """How often each request asks the backend: SQL statements, or requests."""
    template: str | None = None
    """The path with a word for each part that varies, such as ``/items/{id}``: reports show endpoints that share one as
    one route. None: the endpoint is a route of its own."""

    def __post_init__(self) -> None:
        """Refuse what could never be checked."""
        for query in self.spread_ms:
            if query not in self.answers:
                raise ValueError(f"spread_ms: `answers` has no {query!r}")
        if self.queries and self.backend is None:
            raise ValueError("queries: there is no `backend` to query")
        self._insist_on_pattern()
        if self.piece_end == "":
            raise ValueError("piece_end: the text is empty")
        if self.messages and self.answers:
            raise ValueError("messages: a WebSocket has no `answers`")

    def _insist_on_pattern(self) -> None:
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise ValueError(f"pattern: not a regular expression: {error}") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe(RequestFields):
    """Bad input, or input of an unusual form, and the responses that are right for it."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    summary: str
    target: str
    """Path and query."""
    status: tuple[int, ...]
    content_type: str
    answer: str | None = None
    """The exact body that is right; None: an error in JSON."""
    chunked: bool = False
    """The body is sent in chunks, and how long it is shows only at its end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contract:
    """All endpoints by name, and the probes with bad input."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    endpoints: Mapping[str, Endpoint]
    probes: tuple[Probe, ...] = ()
    error_keys: tuple[str, ...] = ()
    """Bad input is answered by a JSON object that has one of these keys; none: by anything."""

    @property
    def parts(self) -> tuple[str, ...]:
        """What a stack may serve beyond the core, in the order of the endpoints."""
        return tuple(dict.fromkeys(one.part for one in self.endpoints.values() if one.part is not None))

    @property
    def summaries(self) -> frozenset[str]:
        """What may be asked, by name: endpoints, and the summaries of probes."""
        return frozenset(self.endpoints) | {probe.summary for probe in self.probes}

    def endpoints_of(self, part: str) -> tuple[Endpoint, ...]:
        """What belongs to a part."""
        return tuple(endpoint for endpoint in self.endpoints.values() if endpoint.part == part)

    def backends_of(self, parts: Collection[str]) -> tuple[Backend, ...]:
        """What the endpoints of these parts ask."""
        asked = {one.backend for one in self.endpoints.values() if one.part in parts or one.part is None}
        return tuple(backend for backend in Backend if backend in asked)

    def missing(self, stack: Stack) -> Mapping[str, str]:
        """The parts that a stack does not serve, each with the reason where one is known."""
        return {part: self._why_missing(part, stack) for part in self.parts if part not in stack.serves}

    def _why_missing(self, part: str, stack: Stack) -> str:
        if any(stack.interface in endpoint.interfaces for endpoint in self.endpoints_of(part)):
            return stack.lacks.get(part, "")
        return f"it does not exist for {stack.interface.upper()}"


def target(path: str, query: str) -> str:
    """Path and query as they stand in the request line."""
    return f"{path}?{query}" if query else path
