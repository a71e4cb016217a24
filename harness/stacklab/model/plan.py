"""A plan: which cells are measured, in which order. Made once, stored, and never changed."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from stacklab.model.contract import Contract
from stacklab.model.scenario import Scenario
from stacklab.model.stack import Stack
from stacklab.units import Seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """How much is measured, by name."""

    name: str
    rounds: int
    warmup_s: Seconds
    measure_s: Seconds


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(name="quick", rounds=3, warmup_s=0.5, measure_s=2.0),
        Preset(name="standard", rounds=5, warmup_s=2.0, measure_s=10.0),
        Preset(name="publish", rounds=10, warmup_s=5.0, measure_s=30.0),
    )
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One stack x one scenario x one round: what to do."""

    stack: str
    scenario: str
    round: int
    """Counted from 1."""

    @property
    def folder(self) -> str:
        """Where the run of this cell lies within its session."""
        return f"{self.stack}/{self.scenario}/r{self.round:02d}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Skipped:
    """A pair of stack and scenario that makes no sense, with the reason."""

    stack: str
    scenario: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """All that was decided before the first request was sent."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    preset: str
    rounds: int
    seed: int
    warmup_s: Seconds
    measure_s: Seconds
    command: str
    """The command line that asked for it, without the folders of the machine."""
    contract: Contract
    stacks: tuple[Stack, ...]
    scenarios: tuple[Scenario, ...]
    cells: tuple[Cell, ...]
    skipped: tuple[Skipped, ...] = ()

    def stack(self, name: str) -> Stack:
        """Look a stack of this plan up by its name."""
        return next(stack for stack in self.stacks if stack.name == name)

    def scenario(self, name: str) -> Scenario:
        """Look a scenario of this plan up by its name."""
        return next(scenario for scenario in self.scenarios if scenario.name == name)


def lay_out(
    stacks: Iterable[Stack], scenarios: Iterable[Scenario], contract: Contract, *, rounds: int, seed: int
) -> tuple[tuple[Cell, ...], tuple[Skipped, ...]]:
    """Put the cells in running order: shuffled within each round, so that drift of the machine hits all alike."""
    scenarios = tuple(scenarios)
    pairs: list[tuple[str, str]] = []
    skipped: list[Skipped] = []
    for stack in stacks:
        for scenario in scenarios:
            reason = _why_not(stack, scenario, contract)
            if reason is None:
                pairs.append((stack.name, scenario.name))
            else:
                skipped.append(Skipped(stack=stack.name, scenario=scenario.name, reason=reason))
    chance = random.Random(seed)  # noqa: S311 (an order that can be reproduced, not a secret)
    cells: list[Cell] = []
    for number in range(1, rounds + 1):
        chance.shuffle(pairs)
        cells += [Cell(stack=stack, scenario=scenario, round=number) for stack, scenario in pairs]
    return tuple(cells), tuple(skipped)


def _why_not(stack: Stack, scenario: Scenario, contract: Contract) -> str | None:
    """Why this stack cannot serve this scenario, or None if it can."""
    for call in scenario.calls:
        endpoint = contract.endpoints[call.endpoint]
        if stack.interface not in endpoint.interfaces:
            offered = " and ".join(interface.upper() for interface in endpoint.interfaces)
            return f"{call.endpoint} exists for {offered} only"
    return None
