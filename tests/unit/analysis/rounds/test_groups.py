"""Sessions of more stacks than may be up at once, whose truth is known: groups around a pivot, by the real rule."""

from collections.abc import Mapping
from itertools import combinations
from statistics import median

import numpy as np
import pytest

from stacklab.analysis.rounds.differences import Difference, holm
from stacklab.analysis.rounds.relative import relative
from stacklab.analysis.rounds.scatter import Contest, difference
from stacklab.model.plan import Cell
from stacklab.model.together import groups

STACKS, ROUNDS, SWEEPS = 12, 8, 20
MOMENT, SLICE, BOOT = 0.25, 0.1, 0.01
"""By how much the machine varies from group to group, slices of a sweep from each other, and boots of a stack."""

NAMES = tuple(f"s{number:02d}" for number in range(STACKS))


def contest(chance: np.random.Generator, effects: Mapping[str, float]) -> Contest:
    """Throughput of stacks that are the same but for the effects; each round deals its groups anew."""
    values: dict[str, dict[int, float]] = {name: {} for name in NAMES}
    for number in range(1, ROUNDS + 1):
        boots = dict(zip(NAMES, chance.normal(0, BOOT, STACKS).tolist(), strict=True))
        dealt = chance.permutation(NAMES).tolist()
        made = []
        for group in groups([Cell(stack=name, scenario="json", round=number) for name in dealt]):
            machine = chance.normal(0, MOMENT) + chance.normal(0, SLICE, SWEEPS)
            made.append(
                {
                    NAMES.index(cell.stack): dict(
                        enumerate(
                            (
                                (1 + effects.get(cell.stack, 0.0))
                                * np.exp(boots[cell.stack] + machine + chance.normal(0, SLICE / 2, SWEEPS))
                            ).tolist()
                        )
                    )
                    for cell in group
                }
            )
        for place, value in relative(made).items():
            values[NAMES[place]][number] = value
    return Contest(scenario="json", metric="throughput_rps", more_is_better=True, values=values)


def questions(found: Contest) -> dict[tuple[str, str], Difference]:
    """Every pair of a session."""
    pairs = ((pair, difference(found, pair[1], pair[0])) for pair in combinations(NAMES, 2))
    return {pair: one for pair, one in pairs if one is not None}


def test_identical_stacks_are_told_apart_in_few_sessions() -> None:
    """At most one of twenty, give or take what 60 sessions say."""
    chance = np.random.default_rng(20261130)

    apart = sum(any(holm([one.p for one in questions(contest(chance, {})).values()])) for _ in range(60))

    assert apart <= 6


def test_a_difference_is_found_whether_or_not_two_stacks_were_in_one_group() -> None:
    """Nine sessions of ten tell one stack that is 10 % faster from eleven others, on a machine that varies by 25 %."""
    chance = np.random.default_rng(20261201)
    found = []
    for _ in range(20):
        asked = questions(contest(chance, {NAMES[0]: 0.1}))
        told = dict(zip(asked, holm([one.p for one in asked.values()]), strict=True))
        found.append(sum(told[NAMES[0], other] for other in NAMES[1:]))

    assert sum(number == STACKS - 1 for number in found) >= 18


def test_an_interval_of_two_groups_holds_the_truth_as_often_as_it_says() -> None:
    chance = np.random.default_rng(20261202)
    held = [
        low <= 1.08 <= high
        for _ in range(40)
        for (a, _), one in questions(contest(chance, {NAMES[0]: 1 / 1.08 - 1})).items()
        if a == NAMES[0] and (between := one.interval()) is not None
        for low, high in (between,)
    ]

    assert sum(held) / len(held) == pytest.approx(0.95, abs=0.04)


def test_the_estimate_is_that_of_all_rounds() -> None:
    chance = np.random.default_rng(20261203)
    ratios = [one.ratio for (a, _), one in questions(contest(chance, {NAMES[0]: -0.5})).items() if a == NAMES[0]]

    assert median(ratios) == pytest.approx(2.0, rel=0.03)
