"""A stack: one way to serve. Server, worker model, event loop and framework, described as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from string import Formatter
from typing import ClassVar

PLACEHOLDERS = frozenset({"python", "app", "host", "port", "workers", "threads", "loop"})


class Interface(StrEnum):
    """What the server calls: one of the two standards of Python, or something of its own."""

    WSGI = "wsgi"
    ASGI = "asgi"
    RSGI = "rsgi"
    """granian's: what ASGI is, with fewer objects for each request."""
    OWN = "own"
    """Server and framework in one, on an event loop: nothing standard lies between the two."""
    GO = "go"
    """Handlers of net/http, each in a goroutine: there is no event loop that one could block."""


class Family(StrEnum):
    """How a stack serves more than one request at a time."""

    PROCESSES = "processes"
    THREADS = "threads"
    GREEN_THREADS = "green-threads"
    EVENT_LOOP = "event-loop"
    THREADS_UNDER_LOOP = "threads-under-loop"


class Waits(StrEnum):
    """What happens to the others while one request waits at the *cooperative* endpoint."""

    COOPERATIVE = "cooperative"
    """The worker serves others meanwhile: await, or gevent's sleep."""
    BLOCKING = "blocking"
    """The stack has no such way: the thread or process that waits serves nobody else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """One way to serve, as its TOML says. Nothing in the harness looks at ``name`` to decide anything."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    """``server[-worker]-framework[-variant]``: the name of the file without its ending."""
    summary: str
    """One line for the catalogue and the report."""
    family: Family
    interface: Interface
    waits: Waits
    app: str
    """``module:attribute``, found in ``targets/apps`` (or in the user's own folder)."""
    argv: tuple[str, ...]
    """The command line; ``{python} {app} {host} {port} {workers} {threads} {loop}`` are filled in."""
    requirements: tuple[str, ...]
    """What the stack's own environment holds, as pip would read it."""
    workers: int = 1
    threads: int = 1
    loop: str | None = None
    """``asyncio``, ``uvloop`` or ``trio``, where the server lets one choose."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of the server."""
    boot_s: float = 10.0
    """How long the first verified answer may take."""

    def __post_init__(self) -> None:
        """Refuse what could never boot."""
        if not self.argv:
            raise ValueError("argv: the command line is empty")
        for word in self.argv:
            for _, placeholder, _, _ in Formatter().parse(word):
                if placeholder is not None and placeholder not in PLACEHOLDERS:
                    known = " ".join(sorted(PLACEHOLDERS))
                    raise ValueError(f"argv: {{{placeholder}}} in {word!r} is not one of: {known}")
        if ":" not in self.app:
            raise ValueError(f"app: {self.app!r} is not of the form module:attribute")
        for key in ("workers", "threads"):
            if getattr(self, key) < 1:
                raise ValueError(f"{key}: {getattr(self, key)} is below 1")
        if self.boot_s <= 0:
            raise ValueError(f"boot_s: {self.boot_s} is not a positive duration")

    def command(self, *, python: str, host: str, port: int) -> tuple[str, ...]:
        """Fill the placeholders of the command line; nothing is looked up on PATH."""
        values = {
            "python": python,
            "app": self.app,
            "host": host,
            "port": port,
            "workers": self.workers,
            "threads": self.threads,
            "loop": self.loop,
        }
        return tuple(word.format_map(values) for word in self.argv)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unavailable:
    """A stack that one may look for and not find, and why."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    reason: str
    since: str
    """Year and month."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Absent:
    """All stacks that are unavailable."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    unavailable: tuple[Unavailable, ...] = ()
