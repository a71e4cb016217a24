"""The time left is what was expected, corrected by how long the finished part has taken."""

from stacklab.cli.show.countdown import Countdown
from stacklab.units import NS_PER_S


def test_at_first_the_time_left_is_what_is_expected_and_it_falls_with_the_clock() -> None:
    countdown = Countdown(30.0, 0)

    assert [30.0, 26.0, 0.0] == [countdown.left_s(seconds * NS_PER_S) for seconds in (0, 4, 40)]


def test_a_part_that_took_twice_as_long_makes_the_rest_twice_as_long() -> None:
    countdown = Countdown(30.0, 0)
    countdown.ends(10.0, 20 * NS_PER_S)

    assert [40.0, 35.0] == [countdown.left_s(seconds * NS_PER_S) for seconds in (20, 25)]


def test_steps_that_end_at_once_took_the_time_together() -> None:
    countdown = Countdown(40.0, 0)
    countdown.ends(10.0, 10 * NS_PER_S)
    countdown.ends(10.0, 10 * NS_PER_S)

    assert 10.0 == countdown.left_s(10 * NS_PER_S)


def test_what_is_added_is_left_too() -> None:
    countdown = Countdown(10.0, 0)
    countdown.ends(10.0, 10 * NS_PER_S)
    countdown.adds(5.0)

    assert 5.0 == countdown.left_s(10 * NS_PER_S)
