"""How much two stacks scatter: by all stacks together, by themselves, and with the twin of one of them."""

import math
from collections.abc import Sequence
from statistics import variance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklab.analysis.rounds.differences import Difference
from stacklab.analysis.rounds.scatter import Contest, ValuesByRound, difference

LOGS = st.lists(st.floats(-1.0, 1.0), min_size=4, max_size=4)


def rounds(*logs: float) -> ValuesByRound:
    return {number: math.exp(log) for number, log in enumerate(logs, 1)}


def contest(*stacks: Sequence[float], twin: Sequence[float] = (), bounds: str = "") -> Contest:
    """Stacks a, b, c, …; the twin is that of a."""
    return Contest(
        scenario="scenario",
        metric="p50",
        more_is_better=False,
        values={name: rounds(*logs) for name, logs in zip("abcdefgh", stacks, strict=False)},
        twins={"a": rounds(*twin)} if twin else {},
        bounds=frozenset(bounds),
    )


def between(made: Contest, one: str = "b", other: str = "a") -> Difference:
    found = difference(made, one, other)
    assert found is not None
    return found


A, B = (0.01, -0.02, 0.03, 0.0), (0.0, 0.02, -0.01, 0.03)
QUIET = ((0.001, 0.0, 0.0, 0.002), (0.0, 0.001, 0.002, 0.0), (0.002, 0.0, 0.001, 0.0), (0.0, 0.0, 0.0, 0.001))
LOUD = ((0.2, -0.1, 0.0, 0.1), (-0.1, 0.1, 0.2, 0.0), (0.1, 0.0, -0.2, 0.1), (0.0, -0.1, 0.1, 0.2))


def test_two_stacks_alone_have_the_scatter_of_their_log_ratios() -> None:
    found = between(contest(A, B))
    ratios = [b - a for a, b in zip(A, B, strict=True)]

    assert (sum(ratios) / 4, math.sqrt(variance(ratios) / 4), 3) == pytest.approx(
        (found.mean, found.error, found.freedom)
    )


def test_what_a_round_does_to_all_is_no_scatter() -> None:
    drift = (0.5, -0.3, 0.2, 0.9)
    moved = contest(*[[log + of for log, of in zip(logs, drift, strict=True)] for logs in (A, B, *LOUD)])

    assert between(contest(A, B, *LOUD)).error == pytest.approx(between(moved).error)


def test_a_pair_is_not_surer_than_all_stacks_together() -> None:
    """On paper: six stacks of four rounds leave 5 x 3 degrees of freedom, of which a pair may use 9."""
    found = between(contest(A, B, *LOUD))

    assert (True, 9) == (found.error > between(contest(A, B)).error, found.freedom)


def test_a_pair_that_is_noisier_than_the_others_has_its_own_scatter() -> None:
    found, own = between(contest(A, B, *QUIET)), between(contest(A, B))

    assert (own.error, own.freedom) == (found.error, found.freedom)


def test_one_stack_that_is_far_noisier_is_no_floor_under_the_differences_of_others() -> None:
    """A server that answers some connections at once and others late has no steady median: 2 ms, or 22."""
    wild = (-2.4, 0.0, 0.1, -0.1)
    found, calm = between(contest(A, B, *QUIET, wild)), between(contest(A, B, *QUIET))

    assert (calm.error, calm.freedom) == (found.error, found.freedom)
    assert "g" in contest(A, B, *QUIET, wild).noisier


def test_a_pair_with_the_noisier_one_is_as_noisy_as_that() -> None:
    wild = (-2.4, 0.0, 0.1, -0.1)
    found, own = between(contest(A, wild, *QUIET)), between(contest(A, wild))

    assert (own.error, own.freedom) == (found.error, found.freedom)


def test_the_twin_of_a_quiet_stack_does_not_judge_a_noisy_one() -> None:
    """With two stacks there is nobody else to say whether the pair is noisy."""
    quiet, noisy, twin = (0.001, -0.001, 0.0, 0.002), (0.2, -0.3, 0.1, 0.0), (0.0, 0.001, -0.002, 0.001)
    found, own = between(contest(quiet, noisy, twin=twin)), between(contest(quiet, noisy))

    assert found.error >= own.error
    assert own.freedom == pytest.approx(found.freedom, rel=0.01)


def test_the_twin_of_a_noisy_stack_does_not_hide_that_it_is_noisy() -> None:
    """Were it among the others, the pair would scatter no more than they do."""
    noisy, twin = (0.3, -0.2, 0.1, -0.4), (-0.3, 0.4, 0.0, 0.2)
    found = between(contest(noisy, *QUIET, twin=twin))

    assert found.freedom < 7


def test_a_twin_adds_degrees_of_freedom_where_all_scatter_alike() -> None:
    found = between(contest((0.01, -0.01, 0.02, 0.0), (0.0, 0.02, -0.02, 0.0), twin=(-0.02, 0.01, 0.0, 0.02)))

    assert 3 < found.freedom <= 6


@given(LOGS, LOGS, LOGS)
def test_a_twin_never_makes_a_pair_surer_than_its_own_rounds_are(
    one: list[float], other: list[float], twin: list[float]
) -> None:
    assert between(contest(one, other)).error <= between(contest(one, other, twin=twin)).error + 1e-12


def test_a_stack_and_its_twin_are_a_pair_like_any_other() -> None:
    found = between(contest(A, *LOUD, twin=B), "a~again", "a")

    assert between(contest(A, B)).mean == pytest.approx(found.mean)
    assert 9 == found.freedom


@given(LOGS, LOGS, LOGS, LOGS)
def test_swapping_sides_turns_the_difference_round(
    one: list[float], other: list[float], third: list[float], twin: list[float]
) -> None:
    made = contest(one, other, third, twin=twin)
    there, back = between(made), between(made, "a", "b")

    assert (there.mean, there.error, there.freedom) == pytest.approx((-back.mean, back.error, back.freedom))


def test_lower_bounds_do_not_make_others_look_calm() -> None:
    """A quantile that falls among timeouts is the timeout, in every round."""
    stuck = (5.0, 5.0, 5.0, 5.0)

    assert between(contest(A, B, *LOUD)).error == between(contest(A, B, *LOUD, stuck, bounds="g")).error


def test_a_round_that_is_missing_on_one_side_is_no_pair() -> None:
    made = contest(A, B[:3], *LOUD)

    assert (3, True) == (between(made).n, between(made).freedom > 0)


def test_one_common_round_has_a_ratio_and_no_certainty() -> None:
    found = between(contest(A[:1], B))

    assert (1, 0.0) == (found.n, found.freedom)


def test_no_common_round_has_nothing() -> None:
    assert difference(contest((), B), "a", "b") is None
