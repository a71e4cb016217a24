"""Two counts: told apart, the same, or neither; and what is refused."""

import random
from collections.abc import Mapping

import pytest

from stacklab.analysis.instructions.contrast import MARGIN, WhyNot, contrast, corrected
from stacklab.analysis.instructions.result import CountResult
from stacklab.model.measured.counting import CountSource
from stacklab.model.measured.verdict import Verdict

BASE = {0: 200_000.0, 1: 201_000.0, 2: 199_500.0, 3: 200_400.0, 4: 200_200.0}


def counted(
    by_seed: Mapping[int, float], *, source: CountSource = CountSource.CALLGRIND, failed: str | None = None
) -> CountResult:
    return CountResult(stack="a", scenario="json", source=source, tool="", requests=100, by_seed=by_seed, failed=failed)


def scaled(factor: float, *, scatter: float = 0.0) -> CountResult:
    signs = {0: 1, 1: -1, 2: 1, 3: -1, 4: 0}
    return counted({seed: value * (factor + scatter * signs[seed]) for seed, value in BASE.items()})


A = counted(BASE)


def test_one_percent_more_is_told_apart() -> None:
    found = contrast(A, scaled(1.01, scatter=0.002))

    assert Verdict.SLOWER == found.verdict
    assert found.low is not None
    assert found.high is not None
    assert found.low < 1.01 < found.high


def test_one_percent_less_is_told_apart() -> None:
    assert Verdict.FASTER == contrast(A, scaled(0.99, scatter=0.002)).verdict


def test_what_the_seeds_have_in_common_does_not_widen_the_interval() -> None:
    found = contrast(A, scaled(1.01))

    assert found.low == pytest.approx(1.01)
    assert found.high == pytest.approx(1.01)


def test_the_same_is_the_same() -> None:
    assert Verdict.SAME == contrast(A, scaled(1.0, scatter=0.001)).verdict


def test_a_difference_within_the_margin_is_none_however_certain() -> None:
    assert Verdict.SAME == contrast(A, scaled(1 + MARGIN / 2)).verdict


def test_much_scatter_says_nothing() -> None:
    assert Verdict.UNRESOLVED == contrast(A, scaled(1.004, scatter=0.02)).verdict


def test_two_counts_of_one_stack_are_hardly_ever_told_apart() -> None:
    chance = random.Random(1)  # noqa: S311 (the same numbers every time)

    def once() -> CountResult:
        return counted({seed: value * (1 + chance.gauss(0, 0.003)) for seed, value in BASE.items()})

    apart = sum(contrast(once(), once()).verdict in {Verdict.FASTER, Verdict.SLOWER} for _ in range(1000))

    assert apart <= 10


def test_seeds_that_only_one_side_has_are_left_out() -> None:
    assert 2 == contrast(A, counted({3: 200_400.0, 4: 200_200.0, 9: 1.0})).n


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (counted(BASE, source=CountSource.CPU), WhyNot.OTHER_SOURCE),
        (counted({}, failed="not steady"), WhyNot.FAILED),
        (counted({7: 1.0, 8: 1.0}), WhyNot.NO_COMMON_SEED),
        (counted({0: 200_000.0}), WhyNot.ONE_SEED),
    ],
)
def test_what_cannot_be_compared_has_no_verdict(other: CountResult, why: WhyNot) -> None:
    found = contrast(A, other)

    assert why == found.why
    assert found.verdict is None
    assert found.low is None


def test_a_difference_must_hold_among_all_questions() -> None:
    weak = contrast(A, scaled(1.0085, scatter=0.006))
    many = corrected([weak, *(contrast(A, scaled(1.0, scatter=0.002)) for _ in range(20))])

    assert Verdict.SLOWER == weak.verdict
    assert (Verdict.UNRESOLVED, WhyNot.MANY_QUESTIONS) == (many[0].verdict, many[0].why)
