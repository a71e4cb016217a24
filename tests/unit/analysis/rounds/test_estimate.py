"""Estimates across rounds, against intervals worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklab.analysis.rounds.estimate import estimate, variation
from stacklab.model.measured.verdict import Estimate


def test_no_round_has_no_estimate() -> None:
    assert estimate([]) is None


def test_one_round_has_a_value_and_no_interval() -> None:
    assert estimate([7.0]) == Estimate(value=7.0, low=None, high=None, n=1)


def test_the_interval_is_students_t() -> None:
    # Mean 10, standard deviation 1, t(0.975, 2 degrees of freedom) = 4.302653: 4.302653 / sqrt(3) = 2.484138.
    found = estimate([9.0, 10.0, 11.0])

    assert found is not None
    assert pytest.approx((7.515862, 12.484138)) == (found.low, found.high)


def test_the_interval_of_what_was_never_negative_is_cut_at_zero() -> None:
    found = estimate([0.0, 1.0])

    assert found is not None
    assert found.low == 0.0


def test_the_interval_of_a_difference_may_reach_below_zero() -> None:
    found = estimate([-1.0, 1.0])

    assert found is not None
    assert found.low is not None
    assert found.low < 0


@given(st.lists(st.floats(0.1, 1e6), min_size=2, max_size=10), st.floats(0.5, 100))
def test_scaling_the_rounds_scales_the_estimate(values: list[float], factor: float) -> None:
    one, other = estimate(values), estimate([value * factor for value in values])

    assert one is not None
    assert other is not None
    assert pytest.approx(one.value * factor) == other.value


@given(st.permutations([3.0, 1.0, 4.0, 1.5, 9.0]))
def test_the_order_of_the_rounds_does_not_matter(values: list[float]) -> None:
    found = estimate(values)

    assert found is not None
    assert pytest.approx(3.7) == found.value


def test_of_a_hundred_intervals_about_five_miss_the_truth() -> None:
    rounds = np.random.default_rng(4).normal(100.0, 4.0, size=(2000, 5))
    found = [estimate(values) for values in rounds.tolist()]
    covered = sum(one is not None and (one.low or 0) <= 100.0 <= (one.high or 0) for one in found)

    assert 0.935 <= covered / 2000 <= 0.965


def test_variation_is_the_standard_deviation_over_the_mean() -> None:
    assert pytest.approx(0.1) == variation([9.0, 10.0, 11.0])


@pytest.mark.parametrize("values", [[], [5.0], [-1.0, 1.0]])
def test_there_is_no_variation_of_one_round_or_around_zero(values: list[float]) -> None:
    assert variation(values) is None
