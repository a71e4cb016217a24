"""Capacity: the largest load under which a stack keeps a promise, and the loads that are tried to find it."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar, Final

from stacklab.model.promise import ServicePromise
from stacklab.model.traffic.load import Closed, LoadStep, Open
from stacklab.model.traffic.scenario import Scenario
from stacklab.units import Seconds

BURST_SUFFIX: Final = "-maximum"
"""Behind the name of a scenario: its closed loop, which finds the maximum of a boot."""


BURST_WARMUP_S: Final[Seconds] = 1.0

MOST_OF_A_BURST: Final = 64
"""Connections of it: more keep no server busier."""


def burst_of(scenario: Scenario) -> Scenario:
    """The closed loop that finds the maximum of a scenario, for as long as the plan measures."""
    return replace(
        scenario,
        name=f"{scenario.name}{BURST_SUFFIX}",
        load=Closed(connections=min(scenario.load.connections, MOST_OF_A_BURST)),
        warmup_s=BURST_WARMUP_S,
        measure_s=None,
    )


class RungKind(StrEnum):
    """The purpose of a rung."""

    RECOVER = "recover"
    """A low load, in which the backlog of an earlier rung drains; it is not judged."""
    FLOOR = "floor"
    """A low load at which every promise should hold: what is late here is not due to load."""
    HOLD = "hold"
    """The load of the trial that follows, until the queue is as long as it will be; it is not judged."""
    TRIAL = "trial"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rung:
    """A stretch of open-loop load at one rate."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    kind: RungKind
    level: float
    """Share of the maximum of the boot."""
    seconds: Seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """The rungs of one boot in turn."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    maximum_rps: float
    """Correct responses a second of the closed loop in the same boot."""
    rungs: tuple[Rung, ...]

    @property
    def seconds(self) -> Seconds:
        """Of all rungs."""
        return sum(rung.seconds for rung in self.rungs)

    def load(self, connections: int) -> Open:
        """The load that sends it."""
        steps = tuple(LoadStep(at=rung.level, share=rung.seconds) for rung in self.rungs)
        return Open(rate=self.maximum_rps, connections=connections, steps=steps)


@dataclass(frozen=True, kw_only=True, slots=True)
class CapacityPlan:
    """What a session of capacity looks for; its rounds are boots."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    promises: tuple[ServicePromise, ...]
    ladder_s: Seconds
    """Length of the ladder of one boot, about."""
