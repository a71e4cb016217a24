"""The stopping rule: when intervals are narrow, and when the budget is spent."""

import pytest

from stacklab.analysis.rounds.stopping import fits, narrow, of_one_metric, ratios_narrow


@pytest.mark.parametrize(("until", "enough"), [(0.0196, False), (0.0197, True)])
def test_the_interval_reaches_no_further_than_asked_for(until: float, *, enough: bool) -> None:
    """On paper: 98 to 102 have a mean of 100, a deviation of 1.5811, and 2.776445 of 0.7071 to either side."""
    assert enough == narrow([[98.0, 99.0, 100.0, 101.0, 102.0]], until=until)


def test_every_cell_must_be_narrow() -> None:
    assert not narrow([[100.0] * 5, [90.0, 100.0, 110.0, 90.0, 110.0]], until=0.05)


@pytest.mark.parametrize(("rounds", "enough"), [(4, False), (5, True)])
def test_a_few_rounds_that_lie_close_together_are_not_enough(rounds: int, *, enough: bool) -> None:
    assert enough == narrow([[100.0] * rounds], until=0.05)


def test_one_round_has_no_interval_and_is_never_narrow() -> None:
    assert not narrow([[100.0]], until=0.5)


@pytest.mark.parametrize(
    ("rounds", "values"),
    [
        ([(60.0, 0.5), (61.0, 0.4)], [60.0, 61.0]),
        ([(60.0, 0.5), (None, 0.4)], [0.5, 0.4]),
        ([(60.0, None), (None, 0.4), (61.0, None)], [60.0, 61.0]),
        ([(None, None)], []),
        ([], []),
    ],
    ids=["every round has it", "one round lacks it", "every metric is missing once", "none is known", "no round"],
)
def test_the_rounds_of_a_cell_are_told_in_one_metric(
    rounds: list[tuple[float | None, ...]], values: list[float]
) -> None:
    assert values == of_one_metric(rounds)


def test_a_cell_without_any_value_is_not_waited_for() -> None:
    assert narrow([[]], until=0.01)


MACHINE = [100.0, 140.0, 90.0, 120.0, 75.0]
"""A level that wanders, which both stacks of a round share."""


def stacks(*noise: float, rounds: int = 5) -> dict[str, dict[int, float]]:
    """Two stacks, whose ratio varies by the noise."""
    levels = dict(enumerate(MACHINE[:rounds]))
    return {
        "a": levels,
        "b": {number: 2 * level * (1 + noise[number % len(noise)]) for number, level in levels.items()},
    }


def test_a_machine_that_wanders_does_not_widen_the_ratio_of_stacks_that_take_turns() -> None:
    assert ratios_narrow(stacks(0.0), until=0.001)
    assert not narrow([tuple(one.values()) for one in stacks(0.0).values()], until=0.1)


@pytest.mark.parametrize(("until", "enough"), [(0.01, False), (0.05, True)])
def test_the_interval_of_a_ratio_reaches_no_further_than_asked_for(until: float, *, enough: bool) -> None:
    assert enough == ratios_narrow(stacks(0.01, -0.01, 0.02), until=until)


@pytest.mark.parametrize(("rounds", "enough"), [(4, False), (5, True)])
def test_a_few_rounds_of_a_ratio_are_not_enough(rounds: int, *, enough: bool) -> None:
    assert enough == ratios_narrow(stacks(0.0, rounds=rounds), until=0.05)


def test_a_stack_without_any_value_is_not_waited_for_in_ratios() -> None:
    assert ratios_narrow({**stacks(0.0), "c": {}}, until=0.05)


@pytest.mark.parametrize(("budget_s", "one_more"), [(39.9, False), (40.0, True), (None, True)])
def test_a_round_is_added_only_where_it_ends_within_the_budget(budget_s: float | None, *, one_more: bool) -> None:
    """Three rounds took 30 s."""
    assert one_more == fits(spent_s=30.0, rounds=3, budget_s=budget_s)
