"""The interval of a claim: pairs by round, Hodges and Lehmann's estimate, signed ranks and Student's t."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklab.analysis.claims.paired import paired
from stacklab.analysis.rounds.hodges_lehmann import hodges_lehmann

ROUNDS = st.lists(st.floats(0.5, 2.0), min_size=2, max_size=20).map(lambda values: dict(enumerate(values, 1)))


def rounds(*values: float) -> dict[int, float]:
    """Values by round, counted from 1."""
    return dict(enumerate(values, 1))


def noisy(mean: float, *, n: int, seed: int, spread: float = 0.01) -> dict[int, float]:
    """So many rounds around a mean."""
    chance = random.Random(seed)  # noqa: S311 (rounds that can be made again, not a secret)
    return {number: mean * math.exp(chance.gauss(0, spread)) for number in range(1, n + 1)}


def test_the_estimate_is_the_ratio_of_candidate_to_baseline() -> None:
    """Twice the value in every round is twice the value."""
    found = paired(rounds(20, 22, 24), rounds(10, 11, 12))

    assert found.ratio == pytest.approx(2.0)


def test_the_interval_of_few_rounds_is_students() -> None:
    """On paper: log ratios 0.1, 0.2, 0.3 have mean 0.2, standard error 0.057735 and t = 4.302653."""
    found = paired({n: math.exp(n / 10) for n in (1, 2, 3)}, rounds(1, 1, 1))

    assert (found.low, found.high) == pytest.approx((math.exp(0.2 - 0.248414), math.exp(0.2 + 0.248414)), rel=1e-5)


def test_the_p_value_of_many_rounds_is_wilcoxons() -> None:
    """On paper: fourteen positive ratios of fourteen occur by chance once in 2 ** 13."""
    found = paired(noisy(1.2, n=14, seed=1), rounds(*[1.0] * 14))

    assert found.p == pytest.approx(2**-13)


def test_one_disturbed_round_hardly_moves_the_estimate() -> None:
    """The mean of these ratios would be 0.95."""
    found = paired(rounds(*[100.0] * 9, 50.0), rounds(*[100.0] * 10))

    assert found.ratio == 1.0


def test_rounds_that_only_one_side_has_are_left_out() -> None:
    """What failed on one side has no pair."""
    found = paired({1: 10.0, 2: 10.0, 4: 10.0}, {2: 10.0, 3: 10.0, 4: 10.0})

    assert found.n == 2


@pytest.mark.parametrize("n", [0, 1])
def test_below_two_rounds_nothing_can_be_said(n: int) -> None:
    """One pair has no scatter."""
    found = paired(rounds(*[2.0] * n), rounds(*[1.0] * n))

    assert (found.low, found.high, found.p, found.sees) == (None, None, 1.0, None)


@given(ROUNDS, ROUNDS)
def test_swapping_sides_inverts_the_ratio(one: dict[int, float], other: dict[int, float]) -> None:
    """Nothing depends on who is called the baseline."""
    there, back = (paired(a, b) for a, b in ((one, other), (other, one)))

    assert (there.ratio, there.low, there.p) == pytest.approx((1 / (back.ratio or 1), 1 / (back.high or 1), back.p))


@given(ROUNDS, ROUNDS)
def test_the_interval_holds_equality_exactly_where_p_exceeds_alpha(
    one: dict[int, float], other: dict[int, float]
) -> None:
    """Test and interval are the same statement."""
    found = paired(one, other, alpha=0.05)

    assert (found.low is None or found.high is None or found.low <= 1 <= found.high) == (found.p > 0.05)


def test_the_estimate_of_hodges_and_lehmann_on_paper() -> None:
    """Means of all pairs of 1, 2, 9: 1, 1.5, 2, 5, 5.5, 9."""
    assert hodges_lehmann((1.0, 2.0, 9.0)) == 3.5


def test_an_alpha_that_signed_ranks_cannot_reach_takes_students_interval() -> None:
    """Twelve rounds cannot be more certain than one in 2048; at one in ten thousand they would have no interval."""
    found = paired(noisy(110, n=12, seed=1), noisy(100, n=12, seed=2), alpha=1e-4)

    assert (found.low is not None, found.p < 1e-4) == (True, True)
