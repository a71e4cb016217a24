"""An app of the user's own: what is said of it, what is found out, and what of that may be kept in a session."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal

from stacklab.model.traffic.load import Closed, Load

READING: Final = frozenset({"GET", "HEAD"})
"""Methods that change nothing, by RFC 9110 9.2.1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestSpec:
    """One request to the app, and what may be said of its response."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    path: str
    """With its query, percent-encoded."""
    name: str | None = None
    """How reports call it; by default method and path."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    status: int | None = None
    """The status that is right; None: that of the first response, unless it is an error."""
    weight: int = 1
    """How often it is asked, relative to the others."""
    changes: bool = False
    """Whether it may change things: anything but GET and HEAD needs this said."""
    vary_body: tuple[str, ...] = ()
    """Regular expressions of the parts of the body that may differ from response to response."""
    any_body: bool = False
    """Whether all of it may."""
    template: str | None = None
    """The path of its route, such as ``/items/{id}``: reports show requests that share one as one route."""

    def __post_init__(self) -> None:
        """Refuse what would change things unasked, and what is never asked."""
        if self.method.upper() not in READING and not self.changes:
            raise ValueError(f"changes: {self.method} may change data; set `changes = true` to send it all the same")
        if self.weight < 1:
            raise ValueError(f"weight: {self.weight} is below 1")

    @property
    def title(self) -> str:
        """How it is called."""
        return self.name or (self.path if self.method == "GET" else f"{self.method} {self.path}")


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnApp:
    """An app of the user's own, as ``app.toml`` or the command line says it. Relative folders are the TOML's."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    app: str
    """``module:attribute``, or ``module:factory()``."""
    folder: str = "."
    """The app's current folder."""
    app_dir: str = "."
    """Where its modules are found, unless they are installed."""
    python: str | None = None
    """The interpreter of its environment."""
    factory: bool = False
    interface: Literal["wsgi", "asgi"] | None = None
    """Where it does not show."""
    servers: tuple[str, ...] = ()
    """Names or globs of what hosts it; all that fit by default."""
    requests: tuple[RequestSpec, ...] = ()
    requests_from: str | None = None
    """A file of traffic: HAR, OpenAPI, or an access log."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of every request."""
    headers_from: str | None = None
    """A file of further headers of every request, which are secret."""
    vary_body: tuple[str, ...] = ()
    """Of every request."""
    any_body: bool = False
    """Of every request."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of the app."""
    boot_s: float = 30.0
    """How long its first response may take."""
    prepare: tuple[str, ...] = ()
    """Commands that run once, before anything else."""
    before_boot: tuple[str, ...] = ()
    """Commands that run before each start of a server."""
    count: bool = True
    """Whether its requests are counted, by a thin wrapper around it."""
    load: Load = field(default_factory=lambda: Closed(connections=16))

    def __post_init__(self) -> None:
        """Refuse what names no app."""
        module, colon, attribute = self.app.partition(":")
        if not (colon and module and attribute):
            raise ValueError(f"app: {self.app!r} is not of the form module:attribute, such as shop.main:app")
        if module.endswith(".py") or "/" in module:
            dotted = module.removesuffix(".py").strip("./").removeprefix("src/").replace("/", ".")
            raise ValueError(f"app: {self.app!r} names a file; name the module: {dotted}:{attribute}")
        if not self.boot_s > 0:
            raise ValueError(f"boot_s: {self.boot_s} is not a positive duration")


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectedApp:
    """What the app turned out to be."""

    interface: Literal["wsgi", "asgi"]
    kind: str
    """``a flask.app.Flask``."""
    made: bool
    """Whether a factory made it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hosting:
    """What it takes to serve the app on this machine. Never part of a session: it names folders and holds secrets."""

    app: str
    folder: str
    app_dir: str
    python: str
    factory: bool
    interface: Literal["wsgi", "asgi"] | None
    count: bool
    env: Mapping[str, str]
    before_boot: tuple[str, ...]
    requirements: tuple[str, ...] = ()
    """What is laid over its environment: other versions than it holds."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """What stands in requests where a session has a word instead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hostings:
    """The same for each way in which a session runs the app, by the end of the names of its stacks."""

    ways: Mapping[str, Hosting]


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """Requests of a file of traffic that are not asked."""

    reason: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """What is asked of the app."""

    written: tuple[RequestSpec, ...] = ()
    """By the user: what is wrong with one of them is refused."""
    read: tuple[RequestSpec, ...] = ()
    """From a file of traffic: what is wrong with one of them leaves it out."""
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class AppFacts:
    """What a session says of the app that was measured."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    app: str
    interface: Literal["wsgi", "asgi"]
    kind: str
    counted: bool
    left_out: tuple[LeftOut, ...] = ()
