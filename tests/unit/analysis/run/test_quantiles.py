"""Order statistics: which request a quantile is, and how many it takes to quote one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklab.analysis.run.quantiles import beyond, curve, enough, needed, quantile, rank


@pytest.mark.parametrize(
    ("n", "q", "place"),
    [
        (1, 0.5, 1),
        (4, 0.5, 2),
        (5, 0.5, 3),
        (10, 0.9, 9),
        (100, 0.99, 99),
        (101, 0.99, 100),
        (1000, 0.999, 999),
        (10, 0.0, 1),
    ],
)
def test_the_quantile_of_n_requests_is_the_one_at_the_ceiling_of_n_q(n: int, q: float, place: int) -> None:
    assert place == rank(n, q)


def test_a_quantile_is_a_latency_that_a_request_really_had() -> None:
    assert quantile(np.array([10, 20, 1000]), 0.5) == 20.0


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=300), st.floats(0.01, 0.999))
def test_at_least_a_share_q_of_the_requests_took_no_longer_than_the_quantile(values: list[int], q: float) -> None:
    ordered = np.sort(np.array(values))
    found = quantile(ordered, q)

    assert np.count_nonzero(ordered <= found) >= q * len(values) - 1e-6
    assert np.count_nonzero(ordered < found) <= q * len(values) + 1e-6


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=200), st.integers(2, 1000))
def test_scaling_the_values_scales_the_quantile(values: list[int], factor: int) -> None:
    ordered = np.sort(np.array(values))

    assert quantile(ordered * factor, 0.9) == quantile(ordered, 0.9) * factor


@pytest.mark.parametrize(("q", "least"), [(0.5, 8), (0.9, 40), (0.99, 400), (0.999, 4_000)])
def test_a_quantile_is_quoted_from_four_requests_beyond_it_on(q: float, least: int) -> None:
    assert (False, True) == (enough(least - 1, q), enough(least, q))


def test_the_number_of_requests_needed_can_be_asked() -> None:
    assert (400, 10_000) == (needed(0.99), needed(0.99, beyond=100))


def test_the_thinner_side_of_a_low_quantile_is_the_one_below_it() -> None:
    assert beyond(100, 0.1) == 10.0


def test_the_curve_leaves_out_what_is_lost() -> None:
    points = curve(np.arange(1, 101), known=90)

    assert points[-1] == (0.9, 90.0)


def test_the_curve_names_no_rank_twice_and_only_rises() -> None:
    shares = [share for share, _ in curve(np.arange(1000), known=1000)]

    assert sorted(set(shares)) == shares


def test_the_curve_of_nothing_but_losses_is_empty() -> None:
    assert curve(np.array([5, 6]), known=0) == ()
