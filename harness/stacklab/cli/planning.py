"""From the words of the command line to a plan."""

import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from stacklab.catalog.catalogue import Catalogue
from stacklab.cli.options import chosen_seed
from stacklab.errors import UsageError
from stacklab.model.plan import PRESETS, Cell, Plan, Skipped, choose_twin, lay_out
from stacklab.model.scenario import Scenario
from stacklab.model.stack import Stack

DEFAULT_BUDGET_S: Final = 900.0
"""For rounds added by --until, where --budget does not say."""


def plan_of(
    there_is: Catalogue,
    *,
    stacks: Sequence[str],
    scenarios: Sequence[str],
    preset: str,
    rounds: int | None,
    warmup_s: float | None,
    measure_s: float | None,
    seed: int | None,
    noise_floor: bool = True,
    until: float | None = None,
    budget_s: float | None = None,
    repeat_disturbed: int = 0,
    ceiling_rps: float | None = None,
) -> Plan:
    """The plan that was asked for: options beat the preset. Raises ``UsageError`` where nothing could be run."""
    if measure_s is not None and not measure_s > 0:
        raise UsageError(f"--measure: {measure_s:g} is not a positive duration")
    if warmup_s is not None and not warmup_s >= 0:
        raise UsageError(f"--warmup: {warmup_s:g} is negative")
    if budget_s is not None and until is None:
        raise UsageError("--budget: it bounds the rounds that --until adds; give both, or choose with --rounds")
    if budget_s is not None and not budget_s > 0:
        raise UsageError(f"--budget: {budget_s:g} is not a positive duration")
    chosen_stacks, chosen_scenarios = there_is.choose_stacks(stacks), there_is.choose_scenarios(scenarios)
    defaults = PRESETS[preset]
    plan_rounds, plan_seed = rounds or defaults.rounds, chosen_seed(seed)
    twin = choose_twin(chosen_stacks, chosen_scenarios, there_is.contract) if noise_floor else None
    cells, skipped = lay_out(
        chosen_stacks, chosen_scenarios, there_is.contract, rounds=plan_rounds, seed=plan_seed, twin=twin
    )
    if not cells:
        raise UsageError(
            f"nothing to run: {skipped[0].reason}, and {skipped[0].stack} is not one; choose with --stack or --scenario"
        )
    plan = _plan(
        there_is,
        chosen_stacks,
        chosen_scenarios,
        preset=preset,
        rounds=plan_rounds,
        seed=plan_seed,
        warmup_s=defaults.warmup_s if warmup_s is None else warmup_s,
        measure_s=defaults.measure_s if measure_s is None else measure_s,
        cells=cells,
        skipped=skipped,
    )
    return replace(
        plan,
        twin=twin,
        until=until,
        budget_s=DEFAULT_BUDGET_S if until is not None and budget_s is None else budget_s,
        repeat_disturbed=repeat_disturbed,
        ceiling_rps=ceiling_rps,
    )


def plan_without_cells(there_is: Catalogue, *, stacks: Sequence[str], scenarios: Sequence[str]) -> Plan:
    """A plan for a session that holds nothing but profiles."""
    return _plan(
        there_is,
        there_is.choose_stacks(stacks),
        there_is.choose_scenarios(scenarios),
        preset="profile",
        rounds=0,
        seed=chosen_seed(None),
        warmup_s=PRESETS["quick"].warmup_s,
        measure_s=PRESETS["quick"].measure_s,
        cells=(),
        skipped=(),
    )


def _plan(
    there_is: Catalogue,
    stacks: Iterable[Stack],
    scenarios: Iterable[Scenario],
    *,
    preset: str,
    rounds: int,
    seed: int,
    warmup_s: float,
    measure_s: float,
    cells: tuple[Cell, ...],
    skipped: tuple[Skipped, ...],
) -> Plan:
    return Plan(
        preset=preset,
        rounds=rounds,
        seed=seed,
        warmup_s=warmup_s,
        measure_s=measure_s,
        command=command_line(sys.argv[1:], seed=seed),
        contract=there_is.contract,
        stacks=tuple(stacks),
        scenarios=tuple(scenarios),
        cells=cells,
        skipped=skipped,
    )


def command_line(arguments: Sequence[str], *, seed: int) -> str:
    """How to ask for the same order and arrivals again; of a path only its name is kept: people mail these files."""
    words = [_without_folders(word) for word in arguments]
    if arguments[:1] == ["run"] and not any(word.partition("=")[0] == "--seed" for word in arguments):
        words += ["--seed", str(seed)]
    return shlex.join(["stacklab", *words])


def _without_folders(word: str) -> str:
    """``/home/me/env/bin/python`` as ``python``, also behind the ``=`` of an option."""
    option, sign, value = word.partition("=") if word.startswith("--") else ("", "", word)
    is_path = Path(value).is_absolute() or value.startswith(("./", "../", "~"))
    return f"{option}{sign}{Path(value).name if is_path else value}"
