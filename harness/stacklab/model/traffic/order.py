"""The order: everything the driver needs to know to send one run's load. Written by the harness, read in locust."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar
from urllib.parse import parse_qsl

from stacklab.model.fingerprint import Fingerprint
from stacklab.model.secrets import filled, filled_headers
from stacklab.model.traffic.load import Load
from stacklab.model.traffic.warmup import Plateau
from stacklab.units import Seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Between:
    """Whole numbers drawn evenly, both ends included."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    low: int
    high: int

    def __post_init__(self) -> None:
        """Refuse an empty range."""
        if self.high < self.low:
            raise ValueError(f"high: {self.high} is below low, which is {self.low}")


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRequest:
    """One kind of request, ready to be serialised, and the response that counts as ok."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    endpoint: str
    target: str
    """Path and query, as in the request line."""
    weight: int = 1
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    vary: Mapping[str, tuple[str, ...] | Between] = field(default_factory=dict)
    """Query parameters added to the target, each with the values it is drawn from by the order's seed."""
    expect_status: int = 200
    expect_body: str | None = None
    """The exact body. None: the first body of the run counts as the expected one; if the target varies, any does."""
    expect_pattern: str | None = None
    """A regular expression that the whole body matches; ``{name}`` in it is the value of that query parameter."""
    recorded: Fingerprint | None = None
    """Of the expected body, where it is known by no more than that."""
    any_body: bool = False
    """Whether any body counts as right."""
    piece_end: str | None = None
    """What each chunk of the response ends with: it is noted when each has come. None: nothing is."""
    message: str | None = None
    """A text that is sent on a WebSocket, and is the one that must come back. None: this is an HTTP request."""

    def __post_init__(self) -> None:
        """Refuse what no request line or header can hold."""
        if self.weight < 1:
            raise ValueError(f"weight: {self.weight} is below 1")
        if not re.fullmatch(r"/[!-~]*", self.target):
            raise ValueError(f"target: {self.target!r} is not a path that begins with / and is percent-encoded")
        for name, value in self.headers.items():
            if not (f"{name}{value}".isascii() and f"{name}{value}".isprintable()):
                raise ValueError(f"headers.{name}: {value!r} is not valid in a header")
        if self.message is not None and self.vary:
            raise ValueError("vary: a WebSocket is opened once, for many messages")
        for name, values in self.vary.items():
            if values == ():
                raise ValueError(f"vary.{name}: there is nothing to draw from")

    def with_secrets(self, secrets: Mapping[str, str]) -> "PlannedRequest":
        """What is sent: the secrets in place of the words that stand for them."""
        return replace(
            self,
            target=filled(self.target, secrets),
            headers=filled_headers(self.headers, secrets),
            body=filled(self.body, secrets),
        )


def pattern_for(target: str, pattern: str) -> re.Pattern[bytes]:
    """What the responses to this target match: ``{name}`` in the pattern is the value of that parameter."""
    for name, value in parse_qsl(target.partition("?")[2]):
        pattern = pattern.replace(f"{{{name}}}", re.escape(value))
    return re.compile(pattern.encode(), re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One run's load. Times are durations in seconds; the driver chooses the start."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    host: str
    port: int
    shots: tuple[PlannedRequest, ...]
    load: Load
    warmup_s: float
    measure_s: float
    drain_s: float
    timeout_s: float
    keep_alive: bool
    seed: int
    """Drives the schedule and the choice of shots: the same for every stack of a round."""
    kernel_timestamps: bool | None = None
    """Whether to ask the kernel when a response arrived, which costs about a tenth of the driver's ceiling.
    None: in open loops, where the ceiling is far away and the wait in the client's own queue matters."""
    rows_path: str
    """Where the driver leaves the raw rows, one per request, as a NumPy file of ``record.ROW``."""
    report_path: str
    """Where the driver leaves its ``DriverReport``, as JSON."""
    plateau: Plateau | None = None
    """The test that ends the warm-up, asked from ``warmup_s`` on; None: it is ``warmup_s`` long."""

    def __post_init__(self) -> None:
        """Refuse what cannot go over the same connections."""
        if self.on_a_websocket and len({(shot.target, shot.message is None) for shot in self.shots}) > 1:
            raise ValueError("shots: connections to a WebSocket carry only its messages")

    def with_secrets(self, secrets: Mapping[str, str]) -> "Order":
        """What is sent: the secrets in place of the words that stand for them."""
        return replace(self, shots=tuple(shot.with_secrets(secrets) for shot in self.shots))

    @property
    def chunks_path(self) -> str:
        """Where the driver leaves the moments of chunks, as a NumPy file of ``record.CHUNK``; only if any are noted."""
        return f"{self.rows_path}.pieces"

    @property
    def has_chunks(self) -> bool:
        """Whether any response is watched chunk by chunk."""
        return any(shot.piece_end is not None for shot in self.shots)

    @property
    def on_a_websocket(self) -> bool:
        """Whether what is sent are messages on WebSockets."""
        return any(shot.message is not None for shot in self.shots)

    @property
    def warmup_at_most_s(self) -> Seconds:
        """How long the warm-up may be."""
        return self.warmup_s if self.plateau is None else self.plateau.at_most_s
