"""A scenario: which endpoints are asked, under which load, and how long."""

from dataclasses import dataclass
from typing import ClassVar

from stacklab.model.load import Load


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One kind of request in a scenario: an endpoint of the contract, with its query."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    endpoint: str
    query: str = ""
    weight: int = 1
    """How often it is chosen, relative to the other calls of the scenario."""

    def __post_init__(self) -> None:
        """Refuse a call that would never be made."""
        if self.weight < 1:
            raise ValueError(f"weight: {self.weight} is below 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """Traffic, as its TOML says. Durations left out come from the preset."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    summary: str
    calls: tuple[Call, ...]
    load: Load
    keep_alive: bool = True
    """False: a new connection for every request."""
    timeout_s: float = 10.0
    """A request without an answer for so long since it was sent has timed out."""
    drain_s: float = 2.0
    """How long requests in flight may finish after the last arrival; then they are censored."""
    warmup_s: float | None = None
    measure_s: float | None = None
    user: str = "http"
    """The file in ``scenarios/users`` whose locust user sends the traffic."""

    def __post_init__(self) -> None:
        """Refuse empty scenarios and impossible durations."""
        if not self.calls:
            raise ValueError("calls: a scenario needs at least one")
        for key in ("timeout_s", "drain_s", "measure_s"):
            value = getattr(self, key)
            if value is not None and not value > 0:
                raise ValueError(f"{key}: {value} is not a positive duration")
        if self.warmup_s is not None and self.warmup_s < 0:
            raise ValueError(f"warmup_s: {self.warmup_s} is negative")
