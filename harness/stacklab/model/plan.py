"""A plan: which cells are measured, in which order. Made once, stored, and never changed."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

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
    sees: float
    """The relative difference that four of five such sessions tell from none, where runs vary by 4 %, as on a quiet
    machine they do: (t(0.975) + t(0.8)) sqrt(2 / rounds) 0.04, a logarithm."""


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(name="quick", rounds=3, warmup_s=0.5, measure_s=2.0, sees=0.19),
        Preset(name="standard", rounds=5, warmup_s=2.0, measure_s=10.0, sees=0.10),
        Preset(name="publish", rounds=10, warmup_s=5.0, measure_s=30.0, sees=0.06),
    )
}


TWIN_SUFFIX: Final = "~again"
"""Behind the name of a stack that is measured twice; no name of a stack has a tilde in it."""

MOST_ROUNDS: Final = 99
"""Two digits name the folder of a round; more would not make an interval much narrower either."""


REPEATED_AT_MOST: Final = 5
"""One cell in so many may be measured again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One stack x one scenario x one round: what to do."""

    stack: str
    scenario: str
    round: int
    """Counted from 1."""
    twin: bool = False
    """The same stack measured once more under another name: how much the two differ is noise."""

    @property
    def name(self) -> str:
        """The name under which the stack is measured."""
        return f"{self.stack}{TWIN_SUFFIX}" if self.twin else self.stack

    @property
    def folder(self) -> str:
        """Where the run of this cell lies within its session."""
        return f"{self.name}/{self.scenario}/r{self.round:02d}"


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
    """Of the rounds that are measured in any case; ``cells_through`` gives those of rounds added later."""
    skipped: tuple[Skipped, ...] = ()
    twin: str | None = None
    """The stack that is measured twice under two names; None where the noise floor was not wanted."""
    until: float | None = None
    """The stopping rule, fixed in advance: rounds are added until the 95 % interval of every cell's primary metric
    reaches no further than this share of its value to either side. None: no rounds are added."""
    budget_s: Seconds | None = None
    """No round is added that would not fit in this time, counted from the first cell."""
    ceiling_rps: float | None = None
    """What the driver can exchange at most on this machine, as it was calibrated before; None where it was not."""
    repeat_disturbed: int = 0
    """How many times a cell is measured again because something else disturbed it. No more than one cell in
    ``REPEATED_AT_MOST`` is: where everything is disturbed, repeating takes time and changes nothing."""

    def stack(self, name: str) -> Stack:
        """Look a stack of this plan up by its name."""
        return next(stack for stack in self.stacks if stack.name == name)

    def scenario(self, name: str) -> Scenario:
        """Look a scenario of this plan up by its name."""
        return next(scenario for scenario in self.scenarios if scenario.name == name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    """How far a session goes by now: the plan itself never changes."""

    rounds: int
    """Those of the plan, and those that its stopping rule has added."""


def lay_out(
    stacks: Iterable[Stack],
    scenarios: Iterable[Scenario],
    contract: Contract,
    *,
    rounds: int,
    seed: int,
    twin: str | None = None,
) -> tuple[tuple[Cell, ...], tuple[Skipped, ...]]:
    """Put the cells in running order: shuffled within each round, so that drift of the machine hits all alike.

    More rounds begin with the same cells in the same order as fewer. ``twin`` names the stack that is entered twice.
    """
    scenarios = tuple(scenarios)
    pairs: list[tuple[str, str, bool]] = []
    skipped: list[Skipped] = []
    for stack in stacks:
        for scenario in scenarios:
            reason = _why_not(stack, scenario, contract)
            if reason is None:
                pairs += [(stack.name, scenario.name, again) for again in (False, True)[: 1 + (stack.name == twin)]]
            else:
                skipped.append(Skipped(stack=stack.name, scenario=scenario.name, reason=reason))
    chance = random.Random(seed)  # noqa: S311 (an order that can be reproduced, not a secret)
    cells: list[Cell] = []
    for number in range(1, rounds + 1):
        chance.shuffle(pairs)
        cells += [Cell(stack=stack, scenario=scenario, round=number, twin=again) for stack, scenario, again in pairs]
    return tuple(cells), tuple(skipped)


def cells_through(plan: Plan, rounds: int) -> tuple[Cell, ...]:
    """The cells of the plan's own rounds and of those added to it, by the same rule and the same seed."""
    if rounds <= plan.rounds:
        return plan.cells
    laid_out, _ = lay_out(plan.stacks, plan.scenarios, plan.contract, rounds=rounds, seed=plan.seed, twin=plan.twin)
    return plan.cells + tuple(cell for cell in laid_out if cell.round > plan.rounds)


def choose_twin(stacks: Iterable[Stack], scenarios: Iterable[Scenario], contract: Contract) -> str | None:
    """The stack to measure twice: the first of those that serve the most scenarios."""
    scenarios = tuple(scenarios)
    served = {
        stack.name: sum(_why_not(stack, scenario, contract) is None for scenario in scenarios) for stack in stacks
    }
    return max(served, key=served.__getitem__, default=None)


def _why_not(stack: Stack, scenario: Scenario, contract: Contract) -> str | None:
    """Why this stack cannot serve this scenario, or None if it can."""
    for call in scenario.calls:
        if stack.interface not in contract.endpoints[call.endpoint].interfaces:
            return f"{call.endpoint} does not exist for {stack.interface.upper()}"
    return None
