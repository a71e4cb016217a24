"""A plan: which cells are measured, in which order. Made once, stored, and never changed."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, TypeAlias

from stacklab.model.claims.claim import Claim
from stacklab.model.measured.capacity import CapacityPlan
from stacklab.model.own_app import AppFacts
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import Backend, Contract
from stacklab.model.traffic.scenario import Scenario
from stacklab.model.traffic.warmup import Plateau
from stacklab.units import Seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Preset:
    """How much is measured, by name."""

    name: str
    rounds: int
    warmup_s: Seconds
    """At least; from then on a plateau ends it."""
    warmup_at_most_s: Seconds
    measure_s: Seconds
    scatter: float
    """Standard deviation of the logarithm of a round's values, less what all stacks of the round have in common."""
    sees: Mapping[int, float]
    """By the number of stacks under one scenario: the relative difference in throughput that four of five such sessions
    tell apart, all their questions together, with that scatter. Found by simulation of the rule itself
    (``benchmarks/rule.py``)."""


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="quick",
            rounds=4,
            warmup_s=0.3,
            warmup_at_most_s=1.0,
            measure_s=1.2,
            scatter=0.02,
            sees={2: 0.069, 5: 0.093},
        ),
        Preset(
            name="standard",
            rounds=12,
            warmup_s=0.5,
            warmup_at_most_s=2.0,
            measure_s=2.5,
            scatter=0.015,
            sees={2: 0.0218, 5: 0.0288},
        ),
        Preset(
            name="publish",
            rounds=45,
            warmup_s=0.5,
            warmup_at_most_s=4.0,
            measure_s=3.0,
            scatter=0.011,
            sees={2: 0.0078, 5: 0.0096},
        ),
    )
}
"""Of stacks that take turns: many short rounds, because a fresh boot is what is left of the scatter."""

WHOLE_RUN_PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="quick",
            rounds=3,
            warmup_s=0.5,
            warmup_at_most_s=1.0,
            measure_s=2.0,
            scatter=0.04,
            sees={2: 0.23, 5: 0.30},
        ),
        Preset(
            name="standard",
            rounds=10,
            warmup_s=2.0,
            warmup_at_most_s=6.0,
            measure_s=5.0,
            scatter=0.04,
            sees={2: 0.068, 5: 0.088},
        ),
        Preset(
            name="publish",
            rounds=15,
            warmup_s=5.0,
            warmup_at_most_s=20.0,
            measure_s=20.0,
            scatter=0.04,
            sees={2: 0.053, 5: 0.067},
        ),
    )
}
"""Of stacks that are measured one after the other, on a quiet machine: long rounds, which meet more of its noise."""


TWIN_SUFFIX: Final = "~again"
"""Behind the name of a stack that is measured twice; no name of a stack has a tilde in it."""

MARGIN: Final = 0.02
"""Relative difference within which two stacks are the same for most purposes: one chooses between them for other
reasons."""

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
    claim: str | None = None
    """The claim that it is an arm of; then stack and scenario are named after that."""

    @property
    def name(self) -> str:
        """The name under which the stack is measured."""
        return f"{self.stack}{TWIN_SUFFIX}" if self.twin else self.stack

    @property
    def folder(self) -> str:
        """Where the run of this cell lies within its session."""
        return f"{self.name}/{self.scenario}/r{self.round:02d}"

    @property
    def words(self) -> str:
        """Which one it is, in a line of progress."""
        return f"{self.name} {self.scenario} round {self.round}"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgramRun:
    """One arm of a claim x one round, where the arm is a program: what to do."""

    claim: str
    arm: str
    round: int
    """Counted from 1."""
    twin: bool = False
    """The same arm measured once more under another name."""

    @property
    def name(self) -> str:
        """The name under which the arm is measured."""
        return f"{self.arm}{TWIN_SUFFIX}" if self.twin else self.arm

    @property
    def folder(self) -> str:
        """Where the run of this trial lies within its session."""
        return f"{self.claim}/{self.name}/r{self.round:02d}"

    @property
    def words(self) -> str:
        """Which one it is, in a line of progress."""
        return f"{self.claim} {self.name} round {self.round}"


PlannedRun: TypeAlias = Cell | ProgramRun
"""Whatever is done once in a round."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Skipped:
    """A pair of stack and scenario that makes no sense, with the reason."""

    stack: str
    scenario: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Untestable:
    """A claim that cannot be tested on this machine, with the reason."""

    claim: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """What makes a stack of another one: all that was asked to differ, and nothing that follows from it."""

    of: str
    """The name of the stack as its file says."""
    requirements: Mapping[str, str] = field(default_factory=dict)
    """By package, in the words of the command line, without places of the machine."""
    settings: Mapping[str, str] = field(default_factory=dict)
    python: str | None = None

    @property
    def varied(self) -> frozenset[str]:
        """The names of all that: packages, settings, and ``python``."""
        return frozenset([*self.requirements, *self.settings, *(["python"] if self.python else [])])


@dataclass(frozen=True, kw_only=True, slots=True)
class Swept:
    """What makes a scenario of another one: parameters of its load, or of its requests, that were asked to differ."""

    of: str
    """The name of the scenario as its file says."""
    at: Mapping[str, str]
    """By parameter, in the words of the command line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Maximum:
    """What a stack serves at most under a scenario, in a closed loop: rates may be asked for as shares of it."""

    stack: str
    rps: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """All that was decided before the first request was sent."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    preset: str
    rounds: int
    seed: int
    warmup_s: Seconds
    """At least, where the scenario does not say otherwise."""
    measure_s: Seconds
    command: str
    """The command line that asked for it, without the folders of the machine."""
    contract: Contract
    stacks: tuple[Stack, ...]
    scenarios: tuple[Scenario, ...]
    cells: tuple[PlannedRun, ...]
    """Of the rounds that are measured in any case; ``cells_through`` gives those of rounds added later."""
    skipped: tuple[Skipped, ...] = ()
    plateau: Plateau | None = None
    """The test that ends a warm-up; None: every one is ``warmup_s`` long."""
    twin: str | None = None
    """The stack that is measured twice under two names; None where the noise floor was not wanted."""
    until: float | None = None
    """The stopping rule, fixed in advance: rounds are added until the 95 % interval of every cell's primary metric
    reaches no further than this share of its value to either side. None: no rounds are added."""
    budget_s: Seconds | None = None
    """No round is added that would not fit in this time, counted from the first cell."""
    ceiling_rps: float | None = None
    """What the driver can exchange at most on this machine, as it was calibrated before; None where it was not."""
    margin: float = MARGIN
    """The relative difference within which two stacks are called the same, fixed in advance: it depends on what the
    difference matters for, and never on how much the machine scatters."""
    variants: Mapping[str, Variant] = field(default_factory=dict)
    """By the names of the stacks: those that were made of others by the command line."""
    swept: Mapping[str, Swept] = field(default_factory=dict)
    """By the names of the scenarios: the same."""
    maxima: Mapping[str, Maximum] = field(default_factory=dict)
    """By the names of the scenarios as their files say: what rates are shares of, where they were asked for as such."""
    repeat_disturbed: int = 0
    """How many times a cell is measured again because something else disturbed it. No more than one cell in
    ``REPEATED_AT_MOST`` is: where everything is disturbed, repeating takes time and changes nothing."""
    claims: tuple[Claim, ...] = ()
    """What is to be reproduced. The stacks and scenarios are then those of their arms."""
    untestable: tuple[Untestable, ...] = ()
    """Those of the claims that have no cells."""
    capacity: CapacityPlan | None = None
    """What a session of capacity looks for; then each round is a boot with two runs, and no rounds are added."""
    interleaved: bool = False
    """Whether the stacks of a scenario are up at once in a round and get short slices of load in turn, if its load
    can be cut. False: each has a run of its own."""
    one_port: bool = False
    """Whether all servers use the same port, so that no two can be up at once."""

    by_scenario: bool = False
    """Whether the stacks of a scenario follow each other in a round. False in plans of older sessions, whose pairs of
    stack and scenario were shuffled as one list; the rounds that are added to them are laid out in the same way."""

    def claim(self, name: str) -> Claim:
        """Look a claim of this plan up by its name."""
        return next(claim for claim in self.claims if claim.name == name)

    @property
    def served(self) -> tuple[Cell, ...]:
        """The cells without the trials of programs."""
        return tuple(cell for cell in self.cells if isinstance(cell, Cell))

    app: AppFacts | None = None
    """The user's own app, where that is what the stacks serve."""

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


_Pair: TypeAlias = tuple[str, str, bool]
"""A stack, a scenario, and whether the stack is entered as its own twin."""


def lay_out(
    stacks: Iterable[Stack],
    scenarios: Iterable[Scenario],
    contract: Contract,
    *,
    rounds: int,
    seed: int,
    twin: str | None = None,
    by_scenario: bool = True,
) -> tuple[tuple[Cell, ...], tuple[Skipped, ...]]:
    """Put the cells in running order: shuffled within each round, so that drift of the machine hits all alike.

    Scenarios are shuffled, and the stacks within each: those that are compared are measured one after the other, in as
    equal a state of the machine as can be had. Without ``by_scenario``, all pairs of both are shuffled as one list.
    More rounds begin with the same cells in the same order as fewer. ``twin`` names the stack that is entered twice.
    """
    scenarios = tuple(scenarios)
    pairs: list[_Pair] = []
    skipped: list[Skipped] = []
    for stack in stacks:
        for scenario in scenarios:
            reason = _why_not(stack, scenario, contract)
            if reason is None:
                pairs += [(stack.name, scenario.name, again) for again in (False, True)[: 1 + (stack.name == twin)]]
            else:
                skipped.append(Skipped(stack=stack.name, scenario=scenario.name, reason=reason))
    chance = random.Random(seed)  # noqa: S311 (an order that can be reproduced, not a secret)
    blocks = [[pair for pair in pairs if pair[1] == one.name] for one in scenarios] if by_scenario else [pairs]
    cells: list[Cell] = []
    for number in range(1, rounds + 1):
        chance.shuffle(blocks)
        for block in blocks:
            chance.shuffle(block)
            cells += [Cell(stack=stack, scenario=name, round=number, twin=again) for stack, name, again in block]
    return tuple(cells), tuple(skipped)


def cells_through(plan: Plan, rounds: int) -> tuple[PlannedRun, ...]:
    """The cells of the plan's own rounds and of those added to it, by the same rule and the same seed."""
    if rounds <= plan.rounds:
        return plan.cells
    laid_out, _ = lay_out(
        plan.stacks,
        plan.scenarios,
        plan.contract,
        rounds=rounds,
        seed=plan.seed,
        twin=plan.twin,
        by_scenario=plan.by_scenario,
    )
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
        endpoint = contract.endpoints[call.endpoint]
        if stack.interface not in endpoint.interfaces:
            return f"{call.endpoint} does not exist for {stack.interface.upper()}"
        if endpoint.part is not None and endpoint.part not in stack.serves:
            why = contract.missing(stack)[endpoint.part]
            return f"{stack.name} does not serve {endpoint.part}" + (f": {why}" if why else "")
    return None


def backends_of(cell: Cell, plan: Plan) -> tuple[Backend, ...]:
    """What the server of a cell asks in its turn."""
    parts = parts_of(plan.scenario(cell.scenario), plan.contract)
    return plan.contract.backends_of(plan.stack(cell.stack).serving(parts).serves)


def parts_of(scenario: Scenario, contract: Contract) -> frozenset[str]:
    """The parts of the contract that a scenario asks for."""
    parts = (contract.endpoints[call.endpoint].part for call in scenario.calls)
    return frozenset(part for part in parts if part is not None)
