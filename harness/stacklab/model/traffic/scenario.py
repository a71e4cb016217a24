"""A scenario: which endpoints are asked, under which load, and how long."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final
from urllib.parse import parse_qsl, urlencode

from stacklab.model.traffic.load import Load
from stacklab.model.traffic.order import Between

DEFAULT_USER: Final = "http"
"""The locust user of stacklab, the reactor."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallSpec:
    """One kind of request in a scenario: an endpoint of the contract, with its query."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    endpoint: str
    query: str = ""
    weight: int = 1
    """How often it is chosen, relative to the other calls of the scenario."""
    vary: Mapping[str, tuple[str, ...] | Between] = field(default_factory=dict)
    """Further query parameters, each with the values it is drawn from: ``{ n = ["1", "2"] }`` or
    ``{ n = { low = 1, high = 9 } }``. The endpoint's ``pattern`` says which bodies are correct; without one any is, and
    the cell is suspect."""
    method: str | None = None
    """None: what the contract says of the endpoint, and its body."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    body_file: str | None = None
    """A file beside the scenario that holds the body."""
    status: int | None = None
    """The status that counts as right. None: what the contract says."""

    def __post_init__(self) -> None:
        """Refuse a call that would never be made, or that has two bodies."""
        if self.weight < 1:
            raise ValueError(f"weight: {self.weight} is below 1")
        if self.body and self.body_file is not None:
            raise ValueError("body_file: there is a `body` already; remove one of the two")

    @property
    def parameters(self) -> Mapping[str, str]:
        """Those of its query, by name."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def asking(self, values: Mapping[str, str]) -> "CallSpec":
        """The call with these parameters in its query; without any of them, it stays as it was written."""
        return replace(self, query=urlencode({**self.parameters, **values})) if values else self


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """Traffic, as its TOML says. Durations left out come from the preset."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    summary: str
    calls: tuple[CallSpec, ...]
    load: Load
    keep_alive: bool = True
    """False: a new connection for every request."""
    timeout_s: float = 10.0
    """A request without a response for so long since it was sent has timed out."""
    drain_s: float = 2.0
    """How long requests in flight may finish after the last arrival; then they are censored."""
    warmup_s: float | None = None
    measure_s: float | None = None
    user: str = DEFAULT_USER
    """The file in ``scenarios/users`` whose locust user sends the traffic."""
    backend_jobs: int = 0
    """How many requests the delay service works on at once, while the others wait in line; 0: any number."""
    users: int = 1
    """How many locust users: a reactor is one, however many its connections; a plain locustfile has as many as it
    should have in flight, and its load is ``closed`` with the same number."""

    def __post_init__(self) -> None:
        """Refuse empty scenarios and impossible durations."""
        if not self.calls:
            raise ValueError("calls: a scenario needs at least one")
        if self.users < 1:
            raise ValueError(f"users: {self.users} is below 1")
        if self.backend_jobs < 0:
            raise ValueError(f"backend_jobs: {self.backend_jobs} is negative")
        for key in ("timeout_s", "drain_s", "measure_s"):
            value = getattr(self, key)
            if value is not None and not value > 0:
                raise ValueError(f"{key}: {value} is not a positive duration")
        if self.warmup_s is not None and self.warmup_s < 0:
            raise ValueError(f"warmup_s: {self.warmup_s} is negative")
