"""A stack: one way to serve. Server, worker model, event loop and framework, described as data."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from string import Formatter
from typing import ClassVar

from stacklab.model.setting import OFF, ServerSetting, faults, held, with_value, words

PLACEHOLDERS = frozenset({"python", "app", "host", "port", "workers", "threads", "loop"})
"""What every command line may name; the settings of the stack come on top."""

APP = re.compile(r"([\w-]+/)?[^/:]+:.+", re.DOTALL)
"""``flask/app:app``, or ``shop.main:create_app('a/b')``: only what comes before the colon can name a folder."""

VERSION = re.compile(r"\d+(\.\d+)*t?")
"""``3.13`` or ``3.14t``: an interpreter meant by its version."""

PLACE = re.compile(r"path\d*")
"""``path``, ``path2`` and so on: an interpreter that the command line named by its path, which is not kept."""


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
    """``folder/module:attribute``: a folder of ``targets/apps``, and what the server imports from it. Without a folder,
    a module directly in ``targets/apps`` (or of the user's own app)."""
    hosts: str | None = None
    """The name under which this server serves an app of the user's own: the stack's without its framework.
    None: it cannot, or another stack of the same server does."""
    hosts_on_request: bool = False
    """Whether it does so only if ``--server`` chooses it: for what few would serve their app with."""
    argv: tuple[str, ...]
    """The command line; ``{python} {app} {host} {port} {workers} {threads} {loop}`` and the settings are filled in."""
    requirements: tuple[str, ...]
    """What the server needs, as pip would read it."""
    app_requirements: tuple[str, ...] = ()
    """What the app needs beside it: its framework."""
    workers: int = 1
    threads: int = 1
    loop: str | None = None
    """``asyncio``, ``uvloop`` or ``trio``, where the server lets one choose."""
    settings: Mapping[str, ServerSetting] = field(default_factory=dict)
    """Further knobs of the server, each a placeholder of the command line."""
    python: str | None = None
    """Which interpreter its environment is made for; None: the one that runs the harness."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of the server."""
    boot_s: float = 30.0
    """How long the first verified answer may take."""
    keep_alive: bool = True
    """False: the server closes each connection after its answer."""
    lifespan: bool = True
    """False: the server tells an ASGI app neither that it starts nor that it stops, so what the app sets up at its
    start is missing."""
    way: str = ""
    """In which of several ways the user's app is run: the end of the name that says so; empty where there is one."""
    serves: tuple[str, ...] = ()
    """The parts of the contract that its app serves beyond the core."""
    lacks: Mapping[str, str] = field(default_factory=dict)
    """Parts that one may look for in vain, each with the reason."""
    differs: Mapping[str, str] = field(default_factory=dict)
    """Endpoints, and probes by their summary, that it answers otherwise than the contract says, each with how and why.
    It is shown, and is no mismatch; where there is no difference any more, ``check`` says so."""

    def __post_init__(self) -> None:
        """Refuse what could never boot."""
        self._insist_on_argv()
        if not APP.fullmatch(self.app):
            raise ValueError(f"app: {self.app!r} is not of the form folder/module:attribute, such as flask/app:app")
        for key in ("workers", "threads"):
            if getattr(self, key) < 1:
                raise ValueError(f"{key}: {getattr(self, key)} is below 1")
        if self.boot_s <= 0:
            raise ValueError(f"boot_s: {self.boot_s} is not a positive duration")
        if self.python is not None and not (VERSION.fullmatch(self.python) or PLACE.fullmatch(self.python)):
            raise ValueError(f"python: {self.python!r} is not a version such as 3.13")
        for part in self.lacks:
            if part in self.serves:
                raise ValueError(f"lacks.{part}: `serves` names it too; remove one of the two")

    def _insist_on_argv(self) -> None:
        if not self.argv:
            raise ValueError("argv: the command line is empty")
        known = PLACEHOLDERS | self.settings.keys()
        for placeholder, word in self._placeholders():
            if placeholder not in known:
                raise ValueError(f"argv: {{{placeholder}}} in {word!r} is not one of: {' '.join(sorted(known))}")
        for name, setting in self.settings.items():
            if name in PLACEHOLDERS:
                raise ValueError(f"settings.{name}: there is a separate key for it")
            if not self.takes(name):
                raise ValueError(f"settings.{name}: {{{name}}} does not occur in argv")
            if fault := faults(setting):
                raise ValueError(f"settings.{name}: {fault}")

    @property
    def app_folder(self) -> str:
        """The folder of ``targets/apps`` that its app lies in; empty for ``targets/apps`` itself."""
        return self.app.partition(":")[0].rpartition("/")[0]

    @property
    def all_requirements(self) -> tuple[str, ...]:
        """What the stack's own environment holds."""
        return self.requirements + self.app_requirements

    def serving(self, parts: Collection[str]) -> "Stack":
        """The same stack with no more than these parts, so that its server loads nothing that is not asked for.

        A setting that has the name of a part is turned off with it.
        """
        idle = {
            name: with_value(setting, OFF)
            for name, setting in self.settings.items()
            if name in self.serves and name not in parts and isinstance(setting, Mapping) and OFF in setting
        }
        served = tuple(part for part in self.serves if part in parts)
        return replace(self, serves=served, settings={**self.settings, **idle})

    def takes(self, placeholder: str) -> bool:
        """Whether its command line has such a placeholder."""
        return any(placeholder == name for name, _ in self._placeholders())

    @property
    def values(self) -> Mapping[str, str]:
        """Everything in its command line that can be set, and how it is set."""
        own = {name: str(getattr(self, name)) for name in ("workers", "threads", "loop") if self.takes(name)}
        return own | {name: held(setting) for name, setting in self.settings.items()}

    @property
    def template(self) -> tuple[str, ...]:
        """The command line as it is set, without what belongs to the machine: interpreter and address stay open."""
        return self.command(python="{python}", host="{host}", port="{port}")

    def command(self, *, python: str, host: str, port: int | str) -> tuple[str, ...]:
        """Fill the placeholders of the command line; nothing is looked up on PATH."""
        app = self.app.removeprefix(f"{self.app_folder}/")
        values = {"python": python, "app": app, "host": host, "port": port, **self.values}
        alone = {f"{{{name}}}": words(setting) for name, setting in self.settings.items()}
        return tuple(
            word for part in self.argv for word in (alone[part] if part in alone else (part.format_map(values),))
        )

    def _placeholders(self) -> Iterator[tuple[str, str]]:
        """Every placeholder of the command line, and the word that it stands in."""
        for word in self.argv:
            for _, placeholder, _, _ in Formatter().parse(word):
                if placeholder is not None:
                    yield placeholder, word


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
