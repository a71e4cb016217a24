"""A load: how requests arrive. Closed loops measure capacity, open loops measure latency; never mixed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal, TypeAlias


class Arrivals(StrEnum):
    """The law of the times between two intended starts of an open loop."""

    POISSON = "poisson"
    CONSTANT = "constant"
    BURSTS = "bursts"
    """So many at once, ``burst`` of them, and evenly spaced bursts."""


class Overload(StrEnum):
    """What an open loop does with an arrival that finds no idle connection."""

    QUEUE = "queue"
    """It waits, and its latency grows: the default."""
    DEADLINE = "deadline"
    """It is shed, and counted, once it has waited ``deadline_s`` without being sent."""
    MAX_IN_FLIGHT = "max_in_flight"
    """It is shed at once, and counted, while ``connections`` requests are in flight."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadStep:
    """A part of the measured window at a level of its own: a curve, or a ramp, in one run.

    Warm-up runs at the level with which the first step begins.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    at: float
    """Relative to the load's own rate or connections: 0.5 is half of them."""
    to: float | None = None
    """Where a ramp ends; None: the level stays."""
    share: float = 1.0
    """How much of the measured window it takes, relative to the other steps."""

    def __post_init__(self) -> None:
        """Refuse steps that stand still or send nothing."""
        for key in ("at", "to", "share"):
            value = getattr(self, key)
            if value is not None and not value > 0:
                raise ValueError(f"{key}: {value} is not above zero")


@dataclass(frozen=True, kw_only=True, slots=True)
class Closed:
    """A fixed number of connections, each sending its next request when the last one is answered."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    kind: Literal["closed"] = "closed"
    connections: int
    think_s: float = 0.0
    """Pause between a response and the next request of the same connection."""
    steps: tuple[LoadStep, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what would send nothing."""
        _require_at_least_one("connections", self.connections)
        if self.think_s < 0:
            raise ValueError(f"think_s: {self.think_s} is negative")


@dataclass(frozen=True, kw_only=True, slots=True)
class Open:
    """Requests arrive at a rate of their own, whatever the server does."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    kind: Literal["open"] = "open"
    rate: float
    """Offered rate, requests a second."""
    arrivals: Arrivals = Arrivals.POISSON
    burst: int | None = None
    """How many requests a burst holds; a burst begins every ``burst / rate`` seconds, the first at the very start."""
    connections: int = 64
    """The most connections that may be open, and so the most requests in flight."""
    overload: Overload = Overload.QUEUE
    deadline_s: float | None = None
    requests_per_session: int = 1
    """Above 1 the loop is partly open: what arrives at the rate are sessions, each of which opens a connection, makes
    so many requests on it one after the other, and closes it. A request that gets no response ends its session."""
    steps: tuple[LoadStep, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what would send nothing, and policies without their number."""
        if not self.rate > 0:
            raise ValueError(f"rate: {self.rate} is not above zero")
        _require_at_least_one("connections", self.connections)
        _require_at_least_one("requests_per_session", self.requests_per_session)
        if (self.arrivals is Arrivals.BURSTS) != (self.burst is not None):
            raise ValueError("burst: set it exactly when arrivals are 'bursts'")
        _require_at_least_one("burst", 1 if self.burst is None else self.burst)
        if (self.overload is Overload.DEADLINE) != (self.deadline_s is not None):
            raise ValueError("deadline_s: set it exactly when overload is 'deadline'")
        if self.deadline_s is not None and self.deadline_s <= 0:
            raise ValueError(f"deadline_s: {self.deadline_s} is not a positive duration")


Load: TypeAlias = Closed | Open


def _require_at_least_one(key: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{key}: {value} is below 1")
