"""From what the command line asks for to a plan."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, cast

import pytest

from stacklab.catalog import catalogue, workspace
from stacklab.catalog.variants import Axes
from stacklab.cli.options.axes import Selection
from stacklab.cli.options.effort import Effort
from stacklab.cli.plans import plan_of, plan_without_cells
from stacklab.cli.preparation import Environments
from stacklab.errors import UsageError
from stacklab.model.plan import PRESETS, WHOLE_RUN_PRESETS, Cell, Plan, cells_through
from stacklab.model.stack import Stack
from stacklab.model.traffic.warmup import Plateau

KNOWN = catalogue.read(workspace.find(workspace.reference()))
SELECTION = Selection(stacks=("gunicorn-sync-bare", "uvicorn-uvloop-bare"), scenarios=("json",))


class Made:
    """Environments of which some cannot be made."""

    def __init__(self, *lacking: str) -> None:
        self._lacking = lacking

    def holds(self, stack: Stack, package: str) -> bool:
        return False

    def lacking(self, stacks: Sequence[Stack]) -> Mapping[str, str]:
        return {stack.name: "why" for stack in stacks if stack.name in self._lacking}


def planned(effort: Effort, *lacking: str, axes: Axes | None = None) -> Plan:
    return plan_of(
        KNOWN, SELECTION, axes or Axes(), effort, cast("Environments", Made(*lacking)), command="stacklab run"
    )


@pytest.mark.parametrize(
    ("effort", "expected"),
    [
        ({}, ("standard", 10, 2.0, Plateau(at_most_s=6.0), 5.0)),
        ({"preset": "quick"}, ("quick", 3, 0.5, Plateau(at_most_s=1.0), 2.0)),
        ({"rounds": 2, "measure_s": 0.3}, ("standard", 2, 2.0, Plateau(at_most_s=6.0), 0.3)),
        ({"warmup_s": 0.0}, ("standard", 10, 0.0, None, 5.0)),
    ],
)
def test_options_beat_the_preset_and_a_warmup_that_was_stated_is_not_tested(
    effort: dict[str, Any], expected: tuple[object, ...]
) -> None:
    plan = planned(Effort(**effort, interleaved=False))

    assert expected == (plan.preset, plan.rounds, plan.warmup_s, plan.plateau, plan.measure_s)


def test_a_stack_that_nothing_is_compared_with_has_the_rounds_of_whole_runs() -> None:
    alone = Selection(stacks=SELECTION.stacks[:1], scenarios=SELECTION.scenarios)
    plan = plan_of(KNOWN, alone, Axes(), Effort(), cast("Environments", Made()), command="stacklab run")

    expected = WHOLE_RUN_PRESETS["standard"]
    assert (expected.rounds, expected.measure_s, Plateau(at_most_s=expected.warmup_at_most_s)) == (
        plan.rounds,
        plan.measure_s,
        plan.plateau,
    )


def test_stacks_that_take_turns_have_the_rounds_of_turns() -> None:
    expected, plan = PRESETS["quick"], planned(Effort(preset="quick"))

    assert (expected.rounds, expected.warmup_s, expected.measure_s) == (plan.rounds, plan.warmup_s, plan.measure_s)


def test_stacks_that_take_turns_have_a_warmup_of_fixed_length() -> None:
    assert None is planned(Effort()).plateau


def test_the_seed_of_the_effort_is_that_of_the_plan() -> None:
    effort = Effort(preset="quick")

    assert (effort.seed, planned(effort).cells) == (planned(effort).seed, planned(effort).cells)


def test_a_plan_says_that_the_stacks_of_a_scenario_follow_each_other() -> None:
    selection = Selection(stacks=SELECTION.stacks, scenarios=("json", "cpu-bound", "io-async"))
    plan = plan_of(KNOWN, selection, Axes(), Effort(rounds=2), cast("Environments", Made()), command="stacklab run")
    scenarios = [cell.scenario for cell in cells_through(plan, 4) if isinstance(cell, Cell)]

    assert len(list(groupby(scenarios))) <= 4 * 3
    assert len(scenarios) == 4 * 3 * 3


def test_the_stack_that_is_measured_twice_is_one_that_can_be_measured() -> None:
    assert ("gunicorn-sync-bare", "uvicorn-uvloop-bare", None) == (
        planned(Effort()).twin,
        planned(Effort(), "gunicorn-sync-bare").twin,
        planned(Effort(noise_floor=False)).twin,
    )


def test_the_margin_of_the_same_is_fixed_in_the_plan() -> None:
    assert (0.02, 0.01) == (planned(Effort()).margin, planned(Effort(margin=0.01)).margin)


@pytest.mark.parametrize(
    ("effort", "budget_s"), [({}, None), ({"until": 0.03}, 900.0), ({"until": 0.03, "budget_s": 60.0}, 60.0)]
)
def test_rounds_that_are_added_have_a_budget(effort: dict[str, Any], budget_s: float | None) -> None:
    assert budget_s == planned(Effort(**effort)).budget_s


def test_a_budget_without_a_stopping_rule_is_refused() -> None:
    with pytest.raises(UsageError, match="--budget limits the rounds that --until adds"):
        planned(Effort(budget_s=60.0))


def test_a_plan_of_profiles_has_no_cells_and_the_durations_of_the_quick_preset() -> None:
    environments = cast("Environments", Made())
    plan = plan_without_cells(
        KNOWN, SELECTION, Axes(), environments, command="stacklab profile", instead_of_cells="profile"
    )

    assert ("profile", 0, (), 0.5, 2.0, None) == (
        plan.preset,
        plan.rounds,
        plan.cells,
        plan.warmup_s,
        plan.measure_s,
        plan.plateau,
    )
