"""Numbers as people read them."""

import pytest

from stacklab.model.measured.verdict import Estimate
from stacklab.report.kit.numbers import (
    UP_TO,
    certain,
    difference,
    interval,
    listed,
    number,
    percent,
    plain,
    span,
    times,
    with_interval,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (12345.6, "12\u202f346"),
        (999.96, "1000"),
        (123.4, "123"),
        (12.34, "12.3"),
        (1.0049, "1.00"),
        (0.012345, "0.0123"),
        (9.999, "10.0"),
        (2.0, "2"),
        (0, "0"),
        (-0.5, "-0.500"),
        (None, "–"),  # noqa: RUF001 (an en dash, as tables are set)
        (float("nan"), "–"),  # noqa: RUF001 (an en dash, as tables are set)
        (float("inf"), "∞"),
    ],
)
def test_three_significant_digits(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_a_round_number_has_no_digits_that_say_nothing() -> None:
    assert [plain(2.0), plain(0.5), plain(1500)] == ["2", "0.5", "1\u202f500"]


def test_an_interval_stands_beside_its_value() -> None:
    assert with_interval(Estimate(value=12.5, low=11.25, high=13.9, n=3), "ms") == "12.5 ms (11.2 to 13.9)"


def test_one_round_has_no_interval_and_says_so() -> None:
    alone = Estimate(value=12.5, low=None, high=None, n=1)

    assert (interval(alone), with_interval(alone)) == ("", "12.5 (one round, no interval)")


def test_a_share_is_percent() -> None:
    assert [percent(0.71), percent(0.0279), percent(1), percent(None)] == [
        "71\u202f%",
        "2.79\u202f%",
        "100\u202f%",
        "–",  # noqa: RUF001 (an en dash, as tables are set)
    ]


def test_words_are_listed_as_in_a_sentence() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


@pytest.mark.parametrize(
    ("value", "low", "high", "shown", "between"),
    [
        (2957.0, 2931.0, 2983.0, "2\u202f960", "2\u202f930 to 2\u202f980"),
        (434.0, 127.0, 742.0, "400", "130 to 740"),
        (0.1124, 0.081, 0.144, "0.11", "0.081 to 0.14"),
        (53.123, 52.9, 53.4, "53.1", "52.9 to 53.4"),
        (99.96, 99.9, 100.02, "100.0", "99.9 to 100.0"),
        (5.0, 5.0, 5.0, "5.00", ""),
    ],
)
def test_digits_end_at_the_first_that_is_uncertain(
    value: float, low: float, high: float, shown: str, between: str
) -> None:
    found = Estimate(value=value, low=low, high=high, n=5)

    assert (shown, between) == (certain(found), span(found).replace(UP_TO, " to "))


@pytest.mark.parametrize(
    ("ratio", "shown"), [(1.0, "1"), (1.004, "1"), (1.034, "1.03"), (3.77, "3.8"), (31.2, "31"), (314.0, "310")]
)
def test_times_have_the_digits_that_matter(ratio: float, shown: str) -> None:
    assert shown == times(ratio)


@pytest.mark.parametrize(("relative", "shown"), [(0.0093, "0.93\u202f%"), (0.224, "22\u202f%"), (9.21, "10 times")])
def test_a_large_difference_is_a_factor(relative: float, shown: str) -> None:
    assert shown == difference(relative)
