"""The stopping rule: when intervals are narrow, and when the budget is spent."""

import pytest

from stacklab.analysis.stopping import fits, narrow


@pytest.mark.parametrize(("until", "enough"), [(0.0248, False), (0.0249, True)])
def test_the_interval_reaches_no_further_than_asked_for(until: float, *, enough: bool) -> None:
    """On paper: 99, 100 and 101 have a mean of 100, and an interval of 4.302653 / sqrt(3) = 2.484 to either side."""
    assert enough == narrow([[99.0, 100.0, 101.0]], until=until)


def test_every_cell_must_be_narrow() -> None:
    assert not narrow([[100.0, 100.0, 100.0], [90.0, 100.0, 110.0]], until=0.05)


def test_one_round_has_no_interval_and_is_never_narrow() -> None:
    assert not narrow([[100.0]], until=0.5)


def test_a_cell_without_any_value_is_not_waited_for() -> None:
    assert narrow([[]], until=0.01)


@pytest.mark.parametrize(("budget_s", "one_more"), [(39.9, False), (40.0, True), (None, True)])
def test_a_round_is_added_only_where_it_ends_within_the_budget(budget_s: float | None, *, one_more: bool) -> None:
    """Three rounds took 30 s."""
    assert one_more == fits(spent_s=30.0, rounds=3, budget_s=budget_s)
