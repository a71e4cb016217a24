"""From the words of the command line to a plan that reproduces claims."""

import sys
from collections.abc import Iterable, Iterator
from typing import Protocol

from stacklab.catalog.catalogue import Catalogue
from stacklab.cli.options.placement import chosen_seed
from stacklab.cli.plans import command_line
from stacklab.errors import StageError, UsageError
from stacklab.model.claims.arm import CellArm, ProgramArm
from stacklab.model.claims.claim import Claim
from stacklab.model.claims.grid import points, rounds_of, scenario_at, stack_at, steps
from stacklab.model.plan import MOST_ROUNDS, PRESETS, Plan, PlannedRun, Untestable
from stacklab.model.stack import Stack
from stacklab.model.traffic.scenario import Scenario


class Provider(Protocol):
    """What makes environments; ``world.Machine`` does."""

    def provide(self, stack: Stack) -> None:
        """Make the environment of a stack. Raises ``StageError``."""

    def provide_program(self, arm: ProgramArm) -> None:
        """Make the environment of a program. Raises ``StageError``."""


def plan_of_claims(
    claims: Iterable[Claim],
    there_is: Catalogue,
    *,
    preset: str,
    rounds: int | None,
    seed: int | None,
    untestable: tuple[Untestable, ...],
    repeat_disturbed: int,
) -> Plan:
    """Everything that is measured, one claim after the other. Raises ``UsageError`` for what cannot be laid out."""
    claims = tuple(claims)
    if rounds is not None and rounds > MOST_ROUNDS:
        raise UsageError(f"--rounds: {rounds} is above {MOST_ROUNDS}")
    chosen, defaults = chosen_seed(seed), PRESETS[preset]
    bare = {one.claim for one in untestable}
    stacks: dict[str, Stack] = {}
    scenarios: dict[str, Scenario] = {}
    cells: list[PlannedRun] = []
    for claim in claims:
        if claim.name in bare:
            continue
        for point in points(claim):
            if isinstance(point.arm, CellArm):
                stacks[point.stack] = stack_at(point, point.arm, there_is.stacks)
                scenarios[point.scenario] = scenario_at(
                    point, point.arm, there_is.scenarios, claim=claim, preset=preset
                )
        cells += steps(claim, rounds=rounds or rounds_of(claim, preset), seed=chosen)
    return Plan(
        preset=preset,
        rounds=max((cell.round for cell in cells), default=0),
        seed=chosen,
        warmup_s=defaults.warmup_s,
        measure_s=defaults.measure_s,
        command=command_line(sys.argv[1:], seed=chosen),
        contract=there_is.contract,
        stacks=tuple(stacks.values()),
        scenarios=tuple(scenarios.values()),
        cells=tuple(cells),
        repeat_disturbed=repeat_disturbed,
        claims=claims,
        untestable=untestable,
    )


def cannot_be_tested(
    claims: Iterable[Claim], there_is: Catalogue, provider: Provider, *, cores: int
) -> Iterator[Untestable]:
    """Make the environments of all arms; the claims of which one cannot be had, or that need more cores."""
    for claim in claims:
        if cores < claim.cores:
            reason = f"it takes {claim.cores} cores, and there {'is 1' if cores == 1 else f'are {cores}'}"
            yield Untestable(claim=claim.name, reason=reason)
            continue
        for point in points(claim):
            try:
                if isinstance(point.arm, CellArm):
                    provider.provide(stack_at(point, point.arm, there_is.stacks))
                else:
                    provider.provide_program(point.arm)
            except StageError as error:
                yield Untestable(claim=claim.name, reason=f"{point.name}: {error.reason}")
                break
