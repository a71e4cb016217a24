"""The one rule for differences: estimate, test and interval, the four verdicts, and what it would take to see more."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklab.analysis.rounds.differences import Difference, holm, judge, log_ratios
from stacklab.model.measured.verdict import Verdict

MARGIN = 0.02
ERRORS = st.floats(0.0001, 1.0)
FREEDOM = st.floats(1.0, 60.0)


def made(mean: float, error: float, freedom: float = 9.0, n: int = 10) -> Difference:
    return Difference(mean=mean, error=error, freedom=freedom, n=n)


def alone(found: Difference, *, more_is_better: bool = True) -> Verdict:
    """The verdict where nothing else is asked."""
    (certain,) = holm([found.p])
    return judge(found, certain=certain, margin=MARGIN, more_is_better=more_is_better)


def test_the_interval_is_students() -> None:
    """On paper: t(0.975) with 2 degrees of freedom is 4.302653."""
    found = made(0.2, 0.057735, freedom=2, n=3)

    assert (math.exp(0.2 - 0.248414), math.exp(0.2 + 0.248414)) == pytest.approx(found.interval(), rel=1e-5)


@given(st.floats(-1.0, 1.0), ERRORS, FREEDOM)
def test_the_interval_holds_equality_exactly_where_p_exceeds_alpha(mean: float, error: float, freedom: float) -> None:
    found = made(mean, error, freedom)
    between = found.interval()

    assert between is not None
    assert (between[0] <= 1 <= between[1]) == (found.p >= 0.05)


@pytest.mark.parametrize(
    ("more_is_better", "verdict"), [(True, Verdict.FASTER), (False, Verdict.SLOWER)], ids=["throughput", "latency"]
)
def test_what_is_better_depends_on_the_metric(more_is_better: bool, verdict: Verdict) -> None:
    assert verdict is alone(made(0.2, 0.02), more_is_better=more_is_better)


def test_a_certain_difference_that_a_noisy_machine_would_have_called_a_tie_is_one() -> None:
    """1.055 with an interval from 1.022 to 1.077, beside a noise floor of 6.9 %: it was called a tie once."""
    middle, half = math.log(1.022 * 1.077) / 2, math.log(1.077 / 1.022) / 2

    assert Verdict.SLOWER is alone(made(middle, half / 2.262157), more_is_better=False)


def test_an_interval_within_the_margin_is_the_same() -> None:
    assert Verdict.SAME is alone(made(0.001, 0.004))


def test_what_could_be_either_is_unresolved() -> None:
    """0.86, 0.73 to 1.01: that was called a tie once, beside a busy neighbour."""
    assert Verdict.UNRESOLVED is alone(made(math.log(0.86), 0.072))


def test_a_difference_within_the_margin_is_one_where_it_is_certain() -> None:
    assert Verdict.FASTER is alone(made(0.01, 0.001))


@given(st.floats(-1.0, 1.0), ERRORS, FREEDOM, st.floats(1.0, 100.0))
def test_noise_never_makes_the_same_of_what_lies_beyond_the_margin(
    mean: float, error: float, freedom: float, more: float
) -> None:
    """However much the rounds scatter: the margin is that of the plan."""
    beyond = math.copysign(abs(mean) + math.log1p(MARGIN), mean)

    assert Verdict.SAME not in {alone(made(beyond, error, freedom)), alone(made(beyond, error * more, freedom))}


@given(st.floats(-0.1, 0.1), ERRORS, FREEDOM, st.floats(1.0, 100.0))
def test_more_noise_never_brings_an_interval_within_the_margin(
    mean: float, error: float, freedom: float, more: float
) -> None:
    noisier, quieter = made(mean, error * more, freedom), made(mean, error, freedom)

    assert quieter.is_within(MARGIN) or not noisier.is_within(MARGIN)


def test_without_degrees_of_freedom_nothing_is_certain() -> None:
    found = made(1.0, 0.0, freedom=0, n=1)

    assert (1.0, None, None, None, Verdict.UNRESOLVED) == (
        found.p,
        found.interval(),
        found.sees(),
        found.rounds_for(0.05),
        alone(found),
    )


def test_numbers_that_do_not_scatter_differ_or_are_the_same() -> None:
    assert (Verdict.SAME, Verdict.FASTER) == (alone(made(0.0, 0.0)), alone(made(0.1, 0.0)))


def test_the_effect_that_is_seen_is_found_in_four_of_five_sessions() -> None:
    """On paper: of ten rounds, 2.262 + 0.883 standard errors, and a little more for so few degrees of freedom."""
    assert math.expm1(3.15 * 0.01) == pytest.approx(made(0.0, 0.01).sees(), rel=0.01)


def test_the_more_questions_are_asked_the_less_is_seen() -> None:
    found = made(0.0, 0.01)
    one, many = found.sees(0.05), found.sees(0.05 / 100)

    assert one is not None
    assert many is not None
    assert many > 1.5 * one


def test_the_rounds_that_an_effect_takes_are_the_fewest_that_see_it() -> None:
    found = made(0.0, 0.02)
    rounds = found.rounds_for(0.05)

    assert rounds is not None
    assert [True, False] == [
        (made(0.0, 0.02 * math.sqrt(10 / number), freedom=number - 1, n=number).sees() or 1.0) <= 0.05
        for number in (rounds, rounds - 1)
    ]


def test_an_effect_out_of_reach_takes_no_number_of_rounds() -> None:
    assert made(0.0, 1.0).rounds_for(0.01) is None


def test_a_difference_of_differences_is_as_uncertain_as_both() -> None:
    """On paper: errors of 3 and 4 % make 5 %, and equal degrees of freedom fewer than twice as many."""
    found = made(0.3, 0.04).beyond(made(0.1, 0.03))

    assert (0.2, 0.05) == pytest.approx((found.mean, found.error))
    assert 9 < found.freedom < 18


def test_drift_that_hits_both_alike_cancels() -> None:
    slower = {1: 1.0, 2: 0.9, 3: 0.5}

    assert log_ratios({n: 105 * factor for n, factor in slower.items()}, {n: 100 * f for n, f in slower.items()}) == (
        pytest.approx((math.log(1.05),) * 3)
    )


def test_a_round_without_a_ratio_is_left_out() -> None:
    """Nothing is a multiple of zero, and what failed on one side has no pair."""
    assert log_ratios({1: 0.0, 2: 2.0, 3: 1.0}, {1: 1.0, 2: 2.0}) == (0.0,)


def test_hundreds_of_clear_differences_are_certain_at_twelve_rounds_as_well() -> None:
    """Signed ranks of twelve rounds are never more certain than 1 in 2048, which 103 questions make nothing of."""
    clear = [made(math.log(2), 0.01, freedom=11, n=12).p] * 184

    assert all(holm(clear))


def test_the_correction_goes_on_from_the_surest() -> None:
    """On paper: 0.01 < 0.05 / 3, 0.02 < 0.05 / 2, 0.06 > 0.05."""
    assert [False, True, True] == holm([0.06, 0.01, 0.02])
