"""A calibration: what the driver can do on one machine, and whether what it records is true."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from stacklab.model.measured.record import Host
from stacklab.units import Seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Ceiling:
    """The closed loop: as many requests as driver and target can exchange."""

    rps: float
    """Right answers a second."""
    connections: int
    driver_cpu: float
    """Share of a core that the driver used."""
    driver_delayed: float | None
    """Share of the time in which the driver was ready to run and something else had its core; None: unavailable."""

    @property
    def driver_rps(self) -> float:
        """What the driver can exchange with the whole of its core, by the utilisation law: rate over share.

        The target may have been the limit, or something else may have had the core; what a request costs the driver
        depends little on either. Where it had its core for half of the time it said 154 thousand, and 134 is measured:
        requests that come in bursts cost less each.
        """
        return self.rps / self.driver_cpu


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatch:
    """An open loop at one rate: how late its requests were sent, in µs after their intended start."""

    p50: float
    p99: float
    p999: float
    achieved: float
    """Share of the intended requests that were sent within the window they were meant for."""
    achieved_rps: float
    driver_cpu: float
    """Share of a core that the driver used."""
    driver_delayed: float | None
    """As in ``Ceiling``."""


class SelfTestVerdict(StrEnum):
    """What a self-test says about the driver."""

    PASSED = "passed"
    FAILED = "failed"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, kw_only=True, slots=True)
class SelfTestResult:
    """One question to the instrument whose answer is known, and how it did."""

    name: str
    passed: bool
    text: str
    """A sentence with the numbers in it."""
    numbers: Mapping[str, float]
    """The same numbers for a script; their unit is in their name."""
    stolen: float | None = None
    """Share of all processors' time that the hypervisor gave to others meanwhile; None: it explains nothing here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """One trial of the instrument."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    started_at: str
    """UTC, ISO 8601, whole seconds."""
    host: Host
    target: str
    """What was sent to: ``null server on uvloop``, or the URL."""
    server_cpus: tuple[int, ...]
    """Of the null server and the servers of the self-tests; a target of the user's is where the user has put it."""
    driver_cpus: tuple[int, ...]
    versions: Mapping[str, str]
    """Of the driver and what it is made of."""
    seconds: Seconds
    """How long each load was measured."""
    ceiling: Ceiling
    dispatch_lag_us: Mapping[int, Dispatch]
    """By the offered rate, requests a second."""
    self_tests: tuple[SelfTestResult, ...]
