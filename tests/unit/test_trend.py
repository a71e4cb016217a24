"""Trends: certain ones are found with their size, chance ones seldom."""

import random

import pytest

from stacklab.analysis.trend import agreed, drift


def test_a_steady_rise_is_as_large_as_it_is() -> None:
    """From 95 to 105, around a median of 100."""
    assert drift([95 + number for number in range(11)]) == pytest.approx(0.1)


def test_a_fall_is_negative() -> None:
    assert drift([105 - number for number in range(11)]) == pytest.approx(-0.1)


def test_what_stands_still_does_not_drift() -> None:
    assert drift([100.0] * 20) is None


def test_a_few_outliers_are_no_trend() -> None:
    assert drift([*[100.0, 101.0] * 9, 500.0, 500.0]) is None


def test_of_a_few_points_nothing_is_said() -> None:
    assert drift([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]) is None


def test_noise_is_taken_for_a_trend_in_one_run_of_a_hundred() -> None:
    chance = random.Random(1)  # noqa: S311 (runs that can be made again, not a secret)
    found = sum(drift([chance.gauss(100, 5) for _ in range(20)]) is not None for _ in range(2000))

    assert found <= 0.015 * 2000


@pytest.mark.parametrize(
    ("drifts", "found"),
    [
        ((0.1,), 0.1),
        ((0.1, None), None),
        ((0.1, None, 0.2), 0.2),
        ((0.1, -0.2, 0.3), 0.3),
        ((-0.1, -0.2, 0.3), -0.1),
        ((0.1, -0.2), None),
        ((), None),
    ],
)
def test_more_than_half_of_the_runs_must_say_the_same(drifts: tuple[float | None, ...], found: float | None) -> None:
    assert found == agreed(drifts)
