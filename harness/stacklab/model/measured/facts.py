"""Facts: the numbers and names behind a verdict, each number with its unit; renderings put them into words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Unit(StrEnum):
    """What a number counts."""

    COUNT = "count"
    SHARE = "share"
    """Of one; of processors' time, of requests, of whatever the fact is named after."""
    PER_SECOND = "1/s"
    MILLISECONDS = "ms"
    SECONDS = "s"
    CORES = "cores"


@dataclass(frozen=True, slots=True)
class Amount:
    """A number and what it counts."""

    value: float
    unit: Unit


Fact: TypeAlias = bool | str | Amount | tuple[int, ...] | tuple[str, ...] | Mapping[str, Amount | tuple[str, ...]]
"""A number, a name, several names, or either of these for each of several names."""


def count(value: float) -> Amount:
    """Requests, rounds, connections."""
    return Amount(value, Unit.COUNT)


def share(value: float) -> Amount:
    """Part of a whole, between 0 and 1; a change relative to its start may be negative."""
    return Amount(value, Unit.SHARE)


def per_second(value: float) -> Amount:
    """A rate."""
    return Amount(value, Unit.PER_SECOND)


def milliseconds(value: float) -> Amount:
    """A latency."""
    return Amount(value, Unit.MILLISECONDS)


def seconds(value: float) -> Amount:
    """A duration."""
    return Amount(value, Unit.SECONDS)


def cores(value: float) -> Amount:
    """Processor time over wall time."""
    return Amount(value, Unit.CORES)
