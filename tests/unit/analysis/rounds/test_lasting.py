"""What lasts from round to round: seen where it is, and rarely where it is not."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from stacklab.analysis.rounds.lasting import FEWEST_ROUNDS, inflation


def series(
    chance: np.random.Generator, correlation: float, *, stacks: int = 4, rounds: int = 10
) -> NDArray[np.float64]:
    """A first-order autoregressive series for each stack, and a shift of each round that all share."""
    found = chance.standard_normal((stacks, rounds))
    for column in range(1, rounds):
        found[:, column] *= math.sqrt(1 - correlation**2)
        found[:, column] += correlation * found[:, column - 1]
    return found + chance.normal(0, 2, (1, rounds))


def test_rounds_that_resemble_the_ones_before_make_intervals_wider() -> None:
    chance = np.random.default_rng(1)

    lasting = [inflation(series(chance, 0.5)) for _ in range(300)]
    independent = [inflation(series(chance, 0.0)) for _ in range(300)]

    assert 2.0 < np.median(lasting)
    assert 1.0 == np.median(independent)
    assert 1.25 > np.mean(independent)


@pytest.mark.parametrize("rounds", range(1, FEWEST_ROUNDS))
def test_few_rounds_say_nothing(rounds: int) -> None:
    assert 1.0 == inflation(np.arange(2.0 * rounds).reshape(2, rounds) ** 2)


def test_stacks_that_do_not_scatter_or_are_alone_say_nothing() -> None:
    assert 1.0 == inflation(np.ones((3, 10)))
    assert 1.0 == inflation(np.random.default_rng(2).standard_normal((1, 10)))
