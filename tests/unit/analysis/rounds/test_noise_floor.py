"""The noise floor: what the rounds of two identical stacks say of a session."""

import math
from itertools import pairwise

import pytest

from stacklab.analysis.rounds.noise_floor import noise_floor

STACK = {1: 100.0, 2: 100.0, 3: 100.0}


def twin(*log_ratios: float) -> dict[int, float]:
    """The stack once more, so far away in each round."""
    return {number: 100 * math.exp(ratio) for number, ratio in enumerate(log_ratios, 1)}


def test_the_floor_on_paper() -> None:
    """Squares of 0.01 have a root mean of 0.01; t(0.975) with 3 degrees of freedom is 3.182446."""
    floor = noise_floor(STACK, twin(0.01, -0.01, 0.01))

    assert floor == pytest.approx(math.expm1(3.182446 * 0.01 / math.sqrt(3)))


def test_a_lasting_difference_of_the_two_is_noise_as_well() -> None:
    """Whatever the rounds agree on, two identical stacks cannot differ."""
    floor = noise_floor(STACK, twin(0.05, 0.05, 0.05))

    assert floor is not None
    assert floor >= math.expm1(0.05)


def test_the_floor_is_never_below_what_the_pair_differed_by() -> None:
    """With so many rounds, their scatter alone would put it at a third of that."""
    rounds = 40

    floor = noise_floor(dict.fromkeys(range(1, rounds + 1), 100.0), twin(*[0.1] * rounds))

    assert floor == pytest.approx(math.expm1(0.1))


def test_more_rounds_lower_the_floor() -> None:
    floors = [
        noise_floor(dict.fromkeys(range(1, n + 1), 100.0), twin(*[0.02, -0.02] * (n // 2))) or 0.0
        for n in (2, 4, 10, 20)
    ]

    assert all(fewer > more for fewer, more in pairwise(floors))


@pytest.mark.parametrize("twin", [{3: 100.0}, {1: 100.0, 3: 100.0}])
def test_below_two_common_rounds_there_is_no_floor(twin: dict[int, float]) -> None:
    assert noise_floor({1: 100.0, 2: 100.0}, twin) is None
