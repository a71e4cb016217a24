"""What a stack's place in a sweep does to its slices."""

import math

import numpy as np
import pytest

from stacklab.analysis.run.interleaved import SliceNumbers
from stacklab.analysis.run.positions import first_over_later
from stacklab.columns import Column
from stacklab.model.traffic import slices

SWEEPS = 40


def cpu(numbers: SliceNumbers) -> Column:
    return numbers.cpu_us_per_request


def turns(stacks: int, *, first: float = 1.0, seed: int = 1) -> list[SliceNumbers]:
    """Slices on a machine that wanders by a fifth; whoever comes first in a sweep pays ``first`` times as much."""
    chance = np.random.default_rng(seed)
    orders = list(slices.orders(stacks, SWEEPS, seed=seed))
    speed = np.exp(chance.normal(0, 0.2, SWEEPS))
    made = []
    for stack in range(stacks):
        position = np.array([order.index(stack) for order in orders])
        own = (stack + 1) * speed * np.exp(chance.normal(0, 0.02, SWEEPS)) * np.where(position == 0, first, 1.0)
        made.append(
            SliceNumbers(
                group=np.zeros(SWEEPS, dtype=np.int64),
                sweep=np.arange(SWEEPS),
                position=position,
                throughput_rps=1e6 / own,
                cpu_us_per_request=own,
                p50_ms=own,
            )
        )
    return made


@pytest.mark.parametrize("stacks", [2, 5])
@pytest.mark.parametrize("first", [1.0, 1.1])
def test_what_the_first_position_costs_is_found(stacks: int, first: float) -> None:
    own, *others = turns(stacks, first=first)

    assert first_over_later(own, others, cpu) == pytest.approx(math.log(first), abs=0.02)


def test_a_stack_alone_is_compared_with_itself() -> None:
    own, _ = turns(2, first=1.5)

    assert first_over_later(own, [], cpu) == pytest.approx(math.log(1.5), abs=0.2)


def test_too_few_slices_say_nothing() -> None:
    own, *others = (
        SliceNumbers(**{name: getattr(one, name)[:5] for name in SliceNumbers.__slots__}) for one in turns(2)
    )

    assert first_over_later(own, others, cpu) is None
