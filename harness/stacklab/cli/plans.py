"""From the words of the command line to a plan."""

import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from stacklab.catalog.catalogue import Catalogue
from stacklab.catalog.requirements import public
from stacklab.catalog.variants import Axes, Expanded, expand
from stacklab.cli.options.placement import chosen_seed
from stacklab.errors import UsageError
from stacklab.model.plan import PRESETS, Cell, Plan, Skipped, choose_twin, lay_out
from stacklab.model.secrets import Withheld
from stacklab.model.stack import Stack
from stacklab.model.traffic.scenario import Scenario
from stacklab.model.traffic.warmup import Plateau

DEFAULT_BUDGET_S: Final = 900.0
"""For rounds added by --until, where --budget does not say."""


class Environments(Protocol):
    """What a plan asks of the machine; ``cli.environments`` has it."""

    def holds(self, stack: Stack, package: str) -> bool:
        """Whether the stack's environment has the package."""

    def lacking(self, stacks: Sequence[Stack]) -> Mapping[str, str]:
        """The stacks whose environment cannot be made, and why; raises UsageError if that are all."""


def plan_of(
    there_is: Catalogue,
    *,
    stacks: Sequence[str],
    scenarios: Sequence[str],
    axes: Axes,
    environments: Environments,
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
    if budget_s is not None and until is None:
        raise UsageError("--budget: it bounds the rounds that --until adds; give both, or choose with --rounds")
    chosen_scenarios = there_is.choose_scenarios(scenarios)
    chosen = chosen_stacks(there_is, stacks, axes, environments)
    lacking = environments.lacking(chosen.stacks)
    able = [stack for stack in chosen.stacks if stack.name not in lacking]
    defaults = PRESETS[preset]
    plan_rounds, plan_seed = rounds or defaults.rounds, chosen_seed(seed)
    twin = choose_twin(able, chosen_scenarios, there_is.contract) if noise_floor else None
    cells, skipped = lay_out(
        chosen.stacks, chosen_scenarios, there_is.contract, rounds=plan_rounds, seed=plan_seed, twin=twin
    )
    if not cells:
        one = skipped[0]
        raise UsageError(
            f"nothing to run: {one.stack} under {one.scenario}: {one.reason}; choose with --stack or --scenario"
        )
    plan = _plan(
        there_is,
        chosen,
        chosen_scenarios,
        preset=preset,
        rounds=plan_rounds,
        seed=plan_seed,
        warmup_s=defaults.warmup_s if warmup_s is None else warmup_s,
        plateau=Plateau(at_most_s=defaults.warmup_at_most_s) if warmup_s is None else None,
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


def chosen_stacks(there_is: Catalogue, patterns: Sequence[str], axes: Axes, environments: Environments) -> Expanded:
    """The stacks that the names or globs choose, in all their variants; who is named must be able to vary so."""
    stacks = there_is.choose_stacks(patterns)
    return expand(stacks, axes, insisted=set(patterns), holds=environments.holds)


def plan_without_cells(
    there_is: Catalogue, *, stacks: Sequence[str], scenarios: Sequence[str], axes: Axes, environments: Environments
) -> Plan:
    """A plan for a session that holds nothing but profiles."""
    return _plan(
        there_is,
        chosen_stacks(there_is, stacks, axes, environments),
        there_is.choose_scenarios(scenarios),
        preset="profile",
        rounds=0,
        seed=chosen_seed(None),
        warmup_s=PRESETS["quick"].warmup_s,
        plateau=None,
        measure_s=PRESETS["quick"].measure_s,
        cells=(),
        skipped=(),
    )


def _plan(
    there_is: Catalogue,
    chosen: Expanded,
    scenarios: Iterable[Scenario],
    *,
    preset: str,
    rounds: int,
    seed: int,
    warmup_s: float,
    plateau: Plateau | None,
    measure_s: float,
    cells: tuple[Cell, ...],
    skipped: tuple[Skipped, ...],
) -> Plan:
    return Plan(
        preset=preset,
        rounds=rounds,
        seed=seed,
        warmup_s=warmup_s,
        plateau=plateau,
        measure_s=measure_s,
        command=command_line(sys.argv[1:], seed=seed),
        contract=there_is.contract,
        stacks=chosen.stacks,
        scenarios=(scenarios := tuple(scenarios)),
        cells=cells,
        skipped=(
            *skipped,
            *(
                Skipped(stack=stack, scenario=scenario.name, reason=reason)
                for stack, reason in chosen.left_out.items()
                for scenario in scenarios
            ),
        ),
        variants=chosen.variants,
    )


def command_line(arguments: Sequence[str], *, seed: int) -> str:
    """How to ask for the same order and arrivals again.

    People mail these files: of a path on this machine only its name is kept, of a variable too, and no secret.
    """
    words = [_kept(option, value) for option, value in _with_their_options(arguments)]
    if arguments[:1] in (["run"], ["reproduce"]) and not any(word.partition("=")[0] == "--seed" for word in arguments):
        words += ["--seed", str(seed)]
    return shlex.join(["stacklab", *words])


def _with_their_options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each word, with the option that it is the value of, if it follows one."""
    before = ""
    for word in arguments:
        yield before, word
        before = word if word.startswith("--") and "=" not in word else ""


def _kept(option: str, word: str) -> str:
    """``/home/me/env/bin/python`` as ``python``, also behind the ``=`` of an option."""
    if word.startswith("--") and "=" in word:
        option, _, value = word.partition("=")
        return f"{option}={_kept(option, value)}"
    match option:
        case "--path":
            kept = Withheld().target(word)
        case "--header":
            name, sign, value = word.partition(":")
            kept = f"{name}{sign} {Withheld().headers({name: value.strip()})[name]}"
        case "--postgres":
            kept = "<withheld>"
        case "--env":
            kept = f"{word.partition('=')[0]}=<withheld>"
        case "--with":
            kept = "".join(map(_without_folder, re.split(r"([\s,]+|@(?=[\w+]+:/))", word)))
        case _:
            kept = _without_folder(word)
    return kept


def _without_folder(word: str) -> str:
    if re.match(r"[\w+]+:/", word):
        return public(word)
    is_path = Path(word).is_absolute() or word.startswith(("./", "../", "~"))
    return Path(word).name if is_path else word
