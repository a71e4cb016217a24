"""The promise file: what somebody promises of an app, for which route, and who is to be told when it breaks."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True, slots=True)
class StatedPromise:
    """One entry of a promise file."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    keep: tuple[str, ...]
    """What is to hold, such as ``p99 <= 50 ms``."""
    name: str = ""
    """What people call it; empty: its conditions speak for themselves."""
    owner: str = ""
    """Who is to be told."""
    route: str = ""
    """The route that it is about, such as ``GET /orders/{id}``; empty: all requests of a scenario together."""
    stack: str = "*"
    """Name or glob of the stacks that it is about."""
    scenario: str = "*"
    """Name or glob of the scenarios that it is about."""

    def __post_init__(self) -> None:
        """Raise ValueError where nothing is promised."""
        if not self.keep:
            raise ValueError("keep: write at least one condition, such as 'p99 <= 50 ms'")


@dataclass(frozen=True, kw_only=True, slots=True)
class PromiseFile:
    """A file of promises."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    promise: tuple[StatedPromise, ...]

    def __post_init__(self) -> None:
        """Raise ValueError where the file is empty."""
        if not self.promise:
            raise ValueError("promise: write at least one [[promise]]")
