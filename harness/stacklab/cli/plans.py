"""From what the command line asks for to a plan."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from stacklab.catalog.catalogue import Catalogue
from stacklab.catalog.sweeps import Sweep, common_maximum, parameters, scenarios_by_share, sweep
from stacklab.catalog.variants import Axes, Expanded, expand
from stacklab.cli.options.axes import Selection
from stacklab.cli.options.effort import Effort
from stacklab.cli.preparation import Environments
from stacklab.errors import UsageError
from stacklab.model.claims.arm import CellArm
from stacklab.model.claims.claim import Claim
from stacklab.model.claims.grid import points, rounds_of, scenario_at, stack_at, steps
from stacklab.model.measured.capacity import burst_of
from stacklab.model.plan import MOST_ROUNDS, Cell, Plan, PlannedRun, Skipped, Untestable, choose_twin, lay_out
from stacklab.model.stack import Stack
from stacklab.model.together import why_whole_runs
from stacklab.model.traffic.scenario import Scenario
from stacklab.model.traffic.warmup import Plateau

DEFAULT_BUDGET_S: Final = 900.0
"""For rounds added by --until, where --budget does not say."""


ServedAtMost: TypeAlias = Callable[[Plan], Mapping[str, Mapping[str, float]]]
"""Measures a plan of closed loops: correct responses per second, by scenario and stack."""


def plan_of(
    catalogue: Catalogue,
    selection: Selection,
    axes: Axes,
    effort: Effort,
    environments: Environments,
    *,
    command: str,
    ceiling_rps: float | None = None,
    one_port: bool = False,
    served_at_most: ServedAtMost | None = None,
) -> Plan:
    """The plan that was asked for: options beat the preset. Raises ``UsageError`` where nothing could be run.

    ``served_at_most`` measures what rates are shares of; None where they cannot be.
    """
    if effort.budget_s is not None and effort.until is None:
        raise UsageError("--budget limits the rounds that --until adds; give both, or choose with --rounds")
    chosen, swept = _chosen(catalogue, selection, axes, environments, served_at_most, one_port=one_port)
    scenarios = swept.scenarios
    lacking = environments.lacking(chosen.stacks)
    able = [stack for stack in chosen.stacks if stack.name not in lacking]
    sizes = replace(effort, interleaved=effort.interleaved and len(able) > 1 and not one_port)
    preset = sizes.chosen_preset
    rounds = effort.rounds or preset.rounds
    twin = choose_twin(able, scenarios, catalogue.contract) if effort.noise_floor else None
    cells, skipped = lay_out(chosen.stacks, scenarios, catalogue.contract, rounds=rounds, seed=effort.seed, twin=twin)
    if not cells:
        one = skipped[0]
        raise UsageError(
            f"nothing to run: {one.stack} under {one.scenario}: {one.reason}; choose with --stack or --scenario"
        )
    plan = _plan(catalogue, chosen, scenarios, sizes, command=command, rounds=rounds, cells=cells, skipped=skipped)
    plan = replace(
        plan,
        twin=twin,
        by_scenario=True,
        margin=effort.margin,
        until=effort.until,
        budget_s=DEFAULT_BUDGET_S if effort.until is not None and effort.budget_s is None else effort.budget_s,
        repeat_disturbed=effort.repeat_disturbed,
        interleaved=effort.interleaved,
        one_port=one_port,
        ceiling_rps=ceiling_rps,
        swept=swept.swept,
        maxima=swept.maxima,
    )
    is_tested = effort.warmup_s is None and any(why_whole_runs(one, plan) for one in scenarios)
    return replace(plan, plateau=Plateau(at_most_s=preset.warmup_at_most_s) if is_tested else None)


BURST_S: Final = 1.5
"""Of each stack: where rates are placed is decided by it, and nothing else."""

Values: TypeAlias = Mapping[str, tuple[str, ...]]
"""By what is varied."""


def _chosen(
    catalogue: Catalogue,
    selection: Selection,
    axes: Axes,
    environments: Environments,
    served_at_most: ServedAtMost | None = None,
    *,
    one_port: bool = False,
) -> tuple[Expanded, Sweep]:
    """Stacks and scenarios in all that is varied of them."""
    settings, wanted = _shared_out(axes.settings, catalogue, selection)
    stacks = chosen_stacks(catalogue, selection.stacks, replace(axes, settings=settings), environments)
    scenarios = catalogue.choose_scenarios(selection.scenarios)
    by_share = scenarios_by_share(scenarios, wanted)
    if not by_share:
        return stacks, sweep(scenarios, wanted)
    if served_at_most is None:
        raise UsageError("--vary rate: a share is measured by `stacklab run` alone; name requests per second here")
    found = served_at_most(_bursts(catalogue, stacks, by_share, one_port=one_port))
    maxima = {
        one.name: maximum
        for one in by_share
        if (maximum := common_maximum(found.get(burst_of(one).name, {}))) is not None
    }
    return stacks, sweep(scenarios, wanted, maxima)


def _bursts(catalogue: Catalogue, chosen: Expanded, scenarios: Iterable[Scenario], *, one_port: bool) -> Plan:
    """A closed loop for each open one, which finds what each stack serves at most."""
    closed = tuple(map(burst_of, scenarios))
    cells, _ = lay_out(chosen.stacks, closed, catalogue.contract, rounds=1, seed=0)
    effort = Effort(measure_s=BURST_S)
    plan = _plan(catalogue, chosen, closed, effort, command="", rounds=1, cells=cells)
    return replace(plan, interleaved=True, one_port=one_port, by_scenario=True)


def _shared_out(values: Values, catalogue: Catalogue, selection: Selection) -> tuple[Values, Values]:
    """What is varied of the stacks, and of the scenarios. Raises UsageError for what neither has.

    A name that both have is a setting of the stacks.
    """
    of_stacks = {name for stack in catalogue.choose_stacks(selection.stacks) for name in stack.values}
    scenarios = catalogue.choose_scenarios(selection.scenarios)
    of_scenarios = frozenset().union(*(parameters(scenario) for scenario in scenarios))
    for name in values:
        if name not in of_stacks | of_scenarios:
            raise UsageError(
                f"--vary {name}: no chosen stack or scenario has it; the stacks have "
                f"{', '.join(sorted(of_stacks)) or 'no settings'}, the scenarios {', '.join(sorted(of_scenarios))}"
            )
    return (
        {name: chosen for name, chosen in values.items() if name in of_stacks},
        {name: chosen for name, chosen in values.items() if name not in of_stacks},
    )


def plan_without_cells(
    catalogue: Catalogue,
    selection: Selection,
    axes: Axes,
    environments: Environments,
    *,
    command: str,
    instead_of_cells: str,
) -> Plan:
    """A plan for a session that holds nothing but profiles, or counts: ``instead_of_cells`` stands for the preset."""
    chosen, swept = _chosen(catalogue, selection, axes, environments)
    scenarios = swept.scenarios
    _, skipped = lay_out(chosen.stacks, scenarios, catalogue.contract, rounds=0, seed=0)
    effort = Effort(preset="quick", interleaved=False)
    plan = _plan(catalogue, chosen, scenarios, effort, command=command, skipped=skipped)
    return replace(plan, preset=instead_of_cells, swept=swept.swept)


def chosen_stacks(catalogue: Catalogue, patterns: tuple[str, ...], axes: Axes, environments: Environments) -> Expanded:
    """The stacks that the names or globs choose, in all their variants; who is named must be able to vary so."""
    stacks = catalogue.choose_stacks(patterns)
    return expand(stacks, axes, insisted=set(patterns), holds=environments.holds)


def _plan(
    catalogue: Catalogue,
    chosen: Expanded,
    scenarios: tuple[Scenario, ...],
    effort: Effort,
    *,
    command: str,
    rounds: int = 0,
    cells: tuple[Cell, ...] = (),
    skipped: tuple[Skipped, ...] = (),
) -> Plan:
    preset = effort.chosen_preset
    cannot_vary = (
        Skipped(stack=stack, scenario=scenario.name, reason=reason)
        for stack, reason in chosen.left_out.items()
        for scenario in scenarios
    )
    return Plan(
        preset=preset.name,
        rounds=rounds,
        seed=effort.seed,
        warmup_s=preset.warmup_s if effort.warmup_s is None else effort.warmup_s,
        measure_s=preset.measure_s if effort.measure_s is None else effort.measure_s,
        command=command,
        contract=catalogue.contract,
        stacks=chosen.stacks,
        scenarios=scenarios,
        cells=cells,
        skipped=(*skipped, *cannot_vary),
        variants=chosen.variants,
    )


def plan_of_claims(
    claims: Iterable[Claim],
    catalogue: Catalogue,
    effort: Effort,
    *,
    command: str,
    untestable: tuple[Untestable, ...],
) -> Plan:
    """Everything that is measured, one claim after the other. Raises ``UsageError`` for what cannot be laid out."""
    claims = tuple(claims)
    if effort.rounds is not None and effort.rounds > MOST_ROUNDS:
        raise UsageError(f"--rounds: {effort.rounds} is above {MOST_ROUNDS}")
    effort = replace(effort, interleaved=False)
    preset = effort.chosen_preset
    without_cells = {one.claim for one in untestable}
    stacks: dict[str, Stack] = {}
    scenarios: dict[str, Scenario] = {}
    cells: list[PlannedRun] = []
    for claim in claims:
        if claim.name in without_cells:
            continue
        for point in points(claim):
            if isinstance(point.arm, CellArm):
                stacks[point.stack] = stack_at(point, point.arm, catalogue.stacks)
                scenarios[point.scenario] = scenario_at(
                    point, point.arm, catalogue.scenarios, claim=claim, preset=preset.name
                )
        cells += steps(claim, rounds=effort.rounds or rounds_of(claim, preset.name), seed=effort.seed)
    return Plan(
        preset=preset.name,
        rounds=max((cell.round for cell in cells), default=0),
        seed=effort.seed,
        warmup_s=preset.warmup_s,
        measure_s=preset.measure_s,
        command=command,
        contract=catalogue.contract,
        stacks=tuple(stacks.values()),
        scenarios=tuple(scenarios.values()),
        cells=tuple(cells),
        repeat_disturbed=effort.repeat_disturbed,
        claims=claims,
        untestable=untestable,
        interleaved=any(claim.turns for claim in claims),
    )
