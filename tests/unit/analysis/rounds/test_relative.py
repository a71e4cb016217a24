"""Stacks that took turns: their ratios are those within the sweeps, whatever the machine did meanwhile."""

import math
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklab.analysis.rounds.relative import FEWEST_SWEEPS, relative

VALUES = st.floats(1e-3, 1e6)

Sweeps = dict[int, float]


def ratio(one: Sweeps, other: Sweeps) -> float:
    found = relative([{0: one, 1: other}])
    return found[1] / found[0]


@given(st.lists(st.tuples(VALUES, VALUES), min_size=FEWEST_SWEEPS, max_size=30))
def test_the_ratio_of_two_is_the_median_of_the_ratios_of_their_slices(pairs: list[tuple[float, float]]) -> None:
    found = ratio({n: one for n, (one, _) in enumerate(pairs)}, {n: other for n, (_, other) in enumerate(pairs)})

    wanted = float(np.median([math.log(other / one) for one, other in pairs]))
    assert math.log(found) == pytest.approx(wanted, abs=1e-9)


def test_a_machine_that_slows_down_leaves_every_ratio_as_it_is() -> None:
    speed = [1.0, 1.1, 2.5, 0.7, 1.3, 1.0]
    stacks = [{n: own * one for n, one in enumerate(speed)} for own in (100.0, 105.0, 320.0)]

    found = relative([dict(enumerate(stacks))])

    assert [1.05, 3.2] == pytest.approx([found[1] / found[0], found[2] / found[0]])


def test_a_robbed_slice_does_not_move_the_ratio() -> None:
    a = dict.fromkeys(range(9), 100.0)
    b = dict.fromkeys(range(9), 105.0) | {4: 5000.0}

    assert ratio(a, b) == pytest.approx(1.05)


def test_only_sweeps_count_in_which_all_have_a_value() -> None:
    a = dict.fromkeys(range(6), 100.0) | {9: 1.0}
    b = dict.fromkeys(range(6), 110.0)

    assert ratio(a, b) == pytest.approx(1.1)


def test_a_pair_needs_no_value_of_a_third() -> None:
    a, b = dict.fromkeys(range(6), 100.0), dict.fromkeys(range(6), 110.0)
    seldom = dict.fromkeys(range(5), 300.0)

    found = relative([{0: a, 1: b, 2: seldom}])

    assert [1.1, 3.0] == pytest.approx([found[1] / found[0], found[2] / found[0]])


def test_a_third_that_is_robbed_in_every_sweep_does_not_move_the_ratio_of_the_others_by_much() -> None:
    """What one stack loses is in its own pairs, and in a third part in those of the others: medians hold it off."""
    chance = np.random.default_rng(1)
    ratios = []
    for _ in range(50):
        speed = np.exp(chance.normal(0, 0.2, 24))
        a, b = ({n: own * float(one) for n, one in enumerate(speed)} for own in (100.0, 105.0))
        robbed = {n: 80.0 * float(one) for n, one in enumerate(speed * chance.uniform(0.1, 1, 24))}
        found = relative([{0: a, 1: b, 2: robbed}])
        ratios.append(found[1] / found[0])

    assert [1.05] * 50 == pytest.approx(ratios, abs=1e-6)


def test_too_few_sweeps_say_nothing() -> None:
    assert {} == relative([{0: dict.fromkeys(range(3), 1.0), 1: dict.fromkeys(range(3), 2.0)}])


def test_five_percent_on_a_machine_that_wanders_by_a_quarter_is_seen_in_every_round() -> None:
    """Whole rounds of this machine vary by 25 %, slices by another 10 %; the ratios of rounds by one percent."""
    chance = np.random.default_rng(20261130)
    ratios = []
    for _ in range(40):
        speed = np.exp(chance.normal(0, 0.25) + chance.normal(0, 0.1, 40))
        a, b = (
            {n: own * float(one) for n, one in enumerate(speed * np.exp(chance.normal(0, 0.05, 40)))}
            for own in (100.0, 105.0)
        )
        ratios.append(ratio(a, b))

    assert median(ratios) == pytest.approx(1.05, abs=0.01)
    assert float(np.std(np.log(ratios))) < 0.03


def test_stacks_of_two_groups_are_compared_through_the_one_that_both_share() -> None:
    calm, slow = dict.fromkeys(range(6)), dict.fromkeys(range(100, 106))
    first = {0: dict.fromkeys(calm, 100.0), 1: dict.fromkeys(calm, 105.0)}
    second = {0: dict.fromkeys(slow, 250.0), 2: dict.fromkeys(slow, 500.0)}

    found = relative([first, second])

    assert [1.05, 2.0] == pytest.approx([found[1] / found[0], found[2] / found[0]])


def test_a_group_that_shares_nobody_has_no_values_to_compare() -> None:
    first, second = ({place: dict.fromkeys(range(6), 1.0) for place in places} for places in ((0, 1), (2, 3)))

    assert {0, 1} == relative([first, second]).keys()


def test_groups_see_nearly_as_much_as_one_although_the_machine_changes_between_them() -> None:
    """Of two groups of a round, the second meets a machine that is faster or slower by a quarter."""
    chance = np.random.default_rng(20261130)
    apart = []
    for _ in range(40):
        groups = []
        for group, places in enumerate(((0, 1, 2), (0, 3, 4))):
            speed = np.exp(chance.normal(0, 0.25) + chance.normal(0, 0.1, 40))
            own = {place: 1.05 if place == 3 else 1.0 for place in places}
            groups.append(
                {
                    place: dict(
                        enumerate((speed * own[place] * np.exp(chance.normal(0, 0.05, 40))).tolist(), 100 * group)
                    )
                    for place in places
                }
            )
        found = relative(groups)
        apart.append(math.log(found[3] / found[1]))

    assert float(np.mean(apart)) == pytest.approx(math.log(1.05), abs=0.01)
    assert float(np.std(apart)) < 0.03
