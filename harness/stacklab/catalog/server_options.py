"""Which version of a server knows an option, and what an older one is given in its place: ``targets/options.toml``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Final

from packaging.version import InvalidVersion, Version

from stacklab.catalog.loader import load
from stacklab.catalog.workspace import Workspace
from stacklab.errors import StageError

ANY: Final = "{}"
"""Stands for any value of an option."""


@dataclass(frozen=True, kw_only=True)
class ServerOption:
    """An option that not every version of its server knows."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    option: str
    """Words of a command line, of which one may be ``{}``."""
    since: str
    """``uvicorn 0.35``: the package, and the first version that knows it."""
    instead: str | None = None
    """What an older version is given; ``{}`` is the value of the option. None: it cannot do without."""

    def __post_init__(self) -> None:
        """Refuse what names no version."""
        try:
            Version(self.since.partition(" ")[2])
        except InvalidVersion as error:
            raise ValueError(f"since: {self.since!r} is not a package and a version, such as 'uvicorn 0.35'") from error

    @cached_property
    def package(self) -> str:
        """The package whose version decides."""
        return self.since.partition(" ")[0]

    def is_known_to(self, version: str) -> bool:
        """Whether that version knows it; one that says nothing of its age, such as a branch, is taken for new."""
        try:
            return Version(version) >= Version(self.since.partition(" ")[2])
        except InvalidVersion:
            return True

    def found_in(self, words: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Where it stands in a command line, and with which value."""
        parts = self.option.split()
        for at in range(len(words) - len(parts) + 1):
            here = words[at : at + len(parts)]
            if all(part in (ANY, word) for part, word in zip(parts, here, strict=True)):
                yield at, next((word for part, word in zip(parts, here, strict=True) if part == ANY), "")


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerOptions:
    """The whole table."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    options: tuple[ServerOption, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class FittedCommand:
    """A command line that the installed version of the server knows."""

    words: tuple[str, ...]
    changes: tuple[str, ...] = ()
    """What was changed in it, each as a clause: ``without --no-control-socket, which came with gunicorn 25.1``."""


def read(workspace: Workspace) -> tuple[ServerOption, ...]:
    """The table that comes with stacklab."""
    return load(workspace.server_options, ServerOptions, named=False).options


def fitted(words: Sequence[str], packages: Mapping[str, str], options: Sequence[ServerOption]) -> FittedCommand:
    """The command line for the installed versions of its server.

    ``packages`` has every installed distribution by its normalised name. Raises StageError for an option that the
    server lacks and that nothing can replace.
    """
    changes: list[str] = []
    words = list(words)
    for option in options:
        version = packages.get(option.package)
        if version is None or option.is_known_to(version):
            continue
        for at, value in reversed(tuple(option.found_in(words))):
            length = len(option.option.split())
            lacks = " ".join(words[at : at + length])
            if option.instead is None:
                raise StageError(f"{option.package} {version} does not know {lacks}, which came with {option.since}")
            instead = option.instead.replace(ANY, value)
            words[at : at + length] = instead.split()
            does = f"with {instead} instead of {lacks}" if instead else f"without {lacks}"
            changes.append(f"{does}, which came with {option.since}")
    return FittedCommand(words=tuple(words), changes=tuple(changes))
