"""From claims to what is done: every arm at every point of its grid once a round, in an order drawn for each round.

A stack or a scenario that an arm changes gets a name of its own, made of those of the claim and the arm, so that one
session can hold many claims.
"""

import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from stacklab.model.claims.arm import SCENARIO_LEVELS, STACK_LEVELS, Arm, CellArm, Level, Levels
from stacklab.model.claims.claim import Claim, ClaimEffort
from stacklab.model.measured.estimate import CELL_S
from stacklab.model.plan import WHOLE_RUN_PRESETS, Cell, PlannedRun, ProgramRun
from stacklab.model.setting import with_value
from stacklab.model.stack import Stack
from stacklab.model.traffic.scenario import CallSpec, Scenario
from stacklab.units import Seconds

ROUNDS: Final[Mapping[str, int]] = {"quick": 5, "standard": 10, "publish": 20}
"""Of a claim that does not say, by preset. Where runs vary by 4 %, nine of ten sessions find an effect of twice the
threshold if that is 1.15 or more (5 rounds), 1.1 (7) or 1.05 (20); see ``benchmarks/claims.py``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """An arm at one point of its grid."""

    claim: str
    name: str
    """Of the arm."""
    arm: Arm
    at: Levels = field(default_factory=dict)
    """The levels that are set from outside; a program may have more within."""
    scenario: str = ""
    """The name that the scenario of a cell gets."""

    @property
    def stack(self) -> str:
        """The name that the stack of a cell gets."""
        return f"{self.claim}.{self.name}{_suffix(self.at, STACK_LEVELS)}"

    def step(self, number: int, *, twin: bool = False) -> PlannedRun:
        """What is done for it in one round."""
        if isinstance(self.arm, CellArm):
            return Cell(stack=self.stack, scenario=self.scenario, round=number, twin=twin, claim=self.claim)
        return ProgramRun(claim=self.claim, arm=self.name, round=number, twin=twin)


Changed: TypeAlias = tuple[object, ...]


def points(claim: Claim) -> Iterator[Point]:
    """Every arm at every point of its grid."""
    named: dict[Changed, str] = {}
    for name, arm in claim.arms.items():
        if not isinstance(arm, CellArm):
            yield Point(claim=claim.name, name=name, arm=arm)
            continue
        # Arms that change nothing of the scenario, or the same, are measured under one.
        base = named.setdefault(_changed(arm), claim.name if not named else f"{claim.name}.{name}")
        for at in arm.grid:
            own = base + _suffix(at, at.keys() - STACK_LEVELS)
            yield Point(claim=claim.name, name=name, arm=arm, at=at, scenario=own)


def once_or_twice(claim: Claim) -> Iterator[tuple[Point, bool]]:
    """Every point, and once more, as a twin, if it is one of the arm that is measured twice."""
    for point in points(claim):
        yield point, False
        if point.name == claim.measured_twice:
            yield point, True


def steps(claim: Claim, *, rounds: int, seed: int) -> tuple[PlannedRun, ...]:
    """All that is done for a claim, in running order. More rounds begin as fewer do, whatever else is reproduced."""
    chance = random.Random(f"{seed}/{claim.name}")  # noqa: S311 (an order that can be reproduced, not a secret)
    each = list(once_or_twice(claim))
    done: list[PlannedRun] = []
    for number in range(1, rounds + 1):
        chance.shuffle(each)
        done += [point.step(number, twin=twin) for point, twin in each]
    return tuple(done)


def rounds_of(claim: Claim, preset: str) -> int:
    """How many rounds a preset measures."""
    return claim.efforts.get(preset, ClaimEffort()).rounds or ROUNDS[preset]


def stack_at(point: Point, arm: CellArm, stacks: Mapping[str, Stack]) -> Stack:
    """The stack of the catalogue with what the arm and its levels change."""
    base = stacks[arm.stack]
    return replace(
        base,
        name=point.stack,
        workers=_whole(point.at.get("workers"), arm.workers, base.workers),
        threads=_whole(point.at.get("threads"), arm.threads, base.threads),
        loop=base.loop if arm.loop is None else arm.loop,
        settings={
            **base.settings,
            **{name: with_value(base.settings[name], arm.settings[name]) for name in arm.settings},
        },
        env={**base.env, **arm.env},
        argv=(*base.argv, *arm.options),
        requirements=(*base.requirements, *arm.requirements),
    )


def scenario_at(
    point: Point, arm: CellArm, scenarios: Mapping[str, Scenario], *, claim: Claim, preset: str
) -> Scenario:
    """The scenario of the catalogue with what the arm, its levels and the preset change."""
    base, own, usual = scenarios[arm.scenario], claim.efforts.get(preset, ClaimEffort()), WHOLE_RUN_PRESETS[preset]
    load: dict[str, object] = {
        key: value
        for key in SCENARIO_LEVELS
        if (value := point.at.get(key, getattr(arm, key))) is not None and hasattr(base.load, key)
    }
    query = {**arm.query, **{key: point.at[key] for key in point.at.keys() - STACK_LEVELS - SCENARIO_LEVELS}}
    return replace(
        base,
        name=point.scenario,
        load=replace(base.load, **load),  # type: ignore[arg-type]  # what TOML gave is checked when it is made
        keep_alive=base.keep_alive if arm.keep_alive is None else arm.keep_alive,
        calls=_calls(base, arm.endpoint, query),
        warmup_s=_first(arm.warmup_s, own.warmup_s, base.warmup_s, usual.warmup_s),
        measure_s=_first(arm.measure_s, own.measure_s, base.measure_s, usual.measure_s),
    )


def seconds(claim: Claim, preset: str, *, rounds: int) -> Seconds:
    """How long a claim takes, about, without the making of environments."""
    own, usual = claim.efforts.get(preset, ClaimEffort()), WHOLE_RUN_PRESETS[preset]
    once = 0.0
    for point, _ in once_or_twice(claim):
        arm = point.arm
        if isinstance(arm, CellArm):
            warmup_s = _first(arm.warmup_s, own.warmup_s, usual.warmup_s)
            measure_s = _first(arm.measure_s, own.measure_s, usual.measure_s)
            once += (warmup_s or 0.0) + (measure_s or 0.0) + CELL_S
        else:
            once += arm.seconds
    return once * rounds


def _changed(arm: CellArm) -> Changed:
    """What an arm makes of its scenario."""
    query = tuple(sorted(arm.query.items()))
    levels = tuple(sorted(arm.levels.keys() - STACK_LEVELS))
    load = (arm.connections, arm.rate, arm.burst, arm.keep_alive)
    return arm.scenario, arm.endpoint, load, query, arm.warmup_s, arm.measure_s, levels


def _calls(base: Scenario, endpoint: str | None, query: Mapping[str, Level]) -> tuple[CallSpec, ...]:
    """The calls with what an arm changes."""
    first, *rest = (_asked(call, query, base.calls) for call in base.calls)
    return (first if endpoint is None else replace(first, endpoint=endpoint), *rest)


def _asked(call: CallSpec, query: Mapping[str, Level], calls: Iterable[CallSpec]) -> CallSpec:
    """The call with the parameters that it has, or that none of the calls has, set."""
    known = {name for one in calls for name in one.parameters}
    return call.asking(
        {name: str(value) for name, value in query.items() if name in call.parameters or name not in known}
    )


def _suffix(at: Levels, names: Iterable[str]) -> str:
    """``-workers4``: what tells the points of a grid apart, as part of a folder's name."""
    words = "".join(f"-{name}{at[name]}" for name in sorted(names) if name in at)
    return re.sub(r"[^\w.-]", "_", words)


def _whole(*values: Level | None) -> int:
    """The first that is given."""
    return int(next(value for value in values if value is not None))


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
