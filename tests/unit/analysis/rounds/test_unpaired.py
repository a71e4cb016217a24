"""Candidate against baseline without common rounds: Welch's interval of the log ratio."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from stacklab.analysis.rounds.unpaired import compare_unpaired
from stacklab.model.verdict import Verdict

A, B = (100.0, 102.0, 99.0, 101.0), (120.0, 123.0, 119.0)


def test_the_ratio_is_that_of_the_geometric_means() -> None:
    found = compare_unpaired((4.0, 9.0), (1.0, 4.0), more_is_better=True)

    assert found.ratio == pytest.approx(3.0)


def test_interval_and_p_are_those_of_welch() -> None:
    welch = ttest_ind(np.log(B), np.log(A), equal_var=False)
    expected = welch.confidence_interval(0.95)

    found = compare_unpaired(B, A, more_is_better=True)

    assert (found.low, found.high) == pytest.approx((math.exp(expected.low), math.exp(expected.high)))
    assert found.p == pytest.approx(welch.pvalue)


def test_more_throughput_is_faster() -> None:
    assert compare_unpaired(B, A, more_is_better=True).verdict is Verdict.FASTER


def test_more_latency_is_slower() -> None:
    assert compare_unpaired(B, A, more_is_better=False).verdict is Verdict.SLOWER


def test_a_difference_below_the_noise_floor_is_a_tie() -> None:
    assert compare_unpaired(B, A, more_is_better=True, floor=0.25).verdict is Verdict.TIE


def test_one_round_has_no_interval_and_no_verdict() -> None:
    found = compare_unpaired((120.0,), A, more_is_better=True)

    assert (found.low, found.high, found.verdict) == (None, None, Verdict.CANNOT_SAY)


def test_no_round_has_no_ratio() -> None:
    assert compare_unpaired((), A, more_is_better=True).ratio is None


def test_rounds_without_scatter_are_equal_where_they_are_equal() -> None:
    found = compare_unpaired((5.0, 5.0), (5.0, 5.0), more_is_better=True)

    assert (found.ratio, found.low, found.high, found.p, found.verdict) == (1.0, 1.0, 1.0, 1.0, Verdict.TIE)


positive = st.lists(st.floats(0.1, 1000), min_size=2, max_size=8)


@given(positive, positive)
def test_turned_round_the_ratio_is_turned_over(a: list[float], b: list[float]) -> None:
    one, other = compare_unpaired(a, b, more_is_better=True), compare_unpaired(b, a, more_is_better=True)

    assert one.ratio is not None
    assert other.ratio is not None
    assert one.ratio * other.ratio == pytest.approx(1.0)


def test_the_interval_holds_the_truth_in_95_of_100_sessions() -> None:
    chance = np.random.default_rng(1947)
    held = 0
    for _ in range(2000):
        a, b = np.exp(chance.normal(0.0, 0.02, 5)), np.exp(chance.normal(0.1, 0.08, 10))
        found = compare_unpaired(b.tolist(), a.tolist(), more_is_better=True)
        held += (found.low or 9) <= math.exp(0.1) <= (found.high or 0)

    assert 0.93 <= held / 2000 <= 0.98
