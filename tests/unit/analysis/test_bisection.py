"""Bisection over measurements: one culprit, several that interact, noise, and what cannot be measured."""

import math

import numpy as np
import pytest

from stacklab.analysis.bisection import Bisection, BisectionStep, ChangeEffect, Measure, bisect, first_that

PACKAGES = tuple("abcdefghijkl")


def effect_of(mean: float, half: float = 0.003) -> ChangeEffect:
    return ChangeEffect(mean=mean, low=mean - half, high=mean + half)


def planted(costs: dict[frozenset[str], float], *, noise: float = 0.0, seed: int = 0) -> Measure:
    """Every set of changes costs what its subsets cost."""
    rng = np.random.default_rng(seed)

    def measure(some: frozenset[str]) -> ChangeEffect:
        cost = sum(each for changes, each in costs.items() if changes <= some)
        return effect_of(cost + noise * float(rng.standard_normal()), 3 * noise or 0.001)

    return measure


def found(measure: Measure, changes: tuple[str, ...] = PACKAGES) -> tuple[Bisection, list[BisectionStep]]:
    steps: list[BisectionStep] = []
    whole = measure(frozenset(changes))
    assert whole is not None
    return bisect(changes, whole, measure, on_step=steps.append), steps


@pytest.mark.parametrize("culprit", PACKAGES)
def test_one_culprit_among_twelve_is_found_and_confirmed_in_few_steps(culprit: str) -> None:
    result, steps = found(planted({frozenset(culprit): 0.05}))

    assert ((culprit,), True, True) == (result.culprits, result.is_confirmed, len(steps) <= 9)


def test_an_improvement_is_found_like_a_regression() -> None:
    assert ("h",) == found(planted({frozenset("h"): -0.05}))[0].culprits


@pytest.mark.parametrize("seed", range(40))
def test_counts_that_scatter_by_half_a_percent_lead_to_five_percent(seed: int) -> None:
    measure = planted({frozenset("g"): 0.05, frozenset("b"): 0.004}, noise=0.005, seed=seed)

    assert ("g",) == found(measure)[0].culprits


@pytest.mark.parametrize("pair", ["ab", "al", "fg"])
def test_two_packages_that_are_dear_only_together_are_both_found(pair: str) -> None:
    result, _ = found(planted({frozenset(pair): 0.05}))

    assert (tuple(pair), True) == (result.culprits, result.is_confirmed)


def test_an_interaction_with_the_others_is_what_is_left() -> None:
    result, _ = found(planted({frozenset("c"): 0.05, frozenset("ck"): 0.03}))

    assert ("c",) == result.culprits
    assert result.left is not None
    assert result.left.is_certain
    assert 0.03 == pytest.approx(result.left.mean)


def test_without_an_interaction_what_is_left_is_not_told_from_nothing() -> None:
    result, _ = found(planted({frozenset("c"): 0.05}))

    assert result.left is not None
    assert not result.left.is_certain


def test_what_does_not_install_alone_is_found_with_what_it_needs() -> None:
    inner = planted({frozenset("d"): 0.05})

    def measure(some: frozenset[str]) -> ChangeEffect | None:
        return None if "d" in some and "k" not in some else inner(some)

    result, steps = found(measure)

    assert (("d", "k"), True) == (result.culprits, result.is_confirmed)
    assert any(step.effect is None for step in steps)


def test_changes_that_share_the_difference_are_not_confirmed_as_one() -> None:
    result, _ = found(planted({frozenset("a"): 0.026, frozenset("l"): 0.024}))

    assert result.others is not None
    assert result.left is not None
    assert result.others.is_certain


def test_a_single_change_is_the_culprit_and_nothing_is_left() -> None:
    result, _ = found(planted({frozenset("a"): 0.05}), ("a",))

    assert (("a",), None) == (result.culprits, result.others)


@pytest.mark.parametrize("guilty", range(1, 11))
def test_the_first_version_that_makes_it_is_found(guilty: int) -> None:
    versions = [f"1.{minor}" for minor in range(1, 11)]

    before, first = first_that(versions, lambda version: int(version.split(".")[1]) >= guilty)

    assert (None if guilty == 1 else f"1.{guilty - 1}", f"1.{guilty}") == (before, first)


def test_versions_that_cannot_be_measured_are_passed_by() -> None:
    broken = {"1.4", "1.5"}

    assert ("1.3", "1.6") == first_that(
        [f"1.{minor}" for minor in range(1, 10)],
        lambda version: None if version in broken else int(version.split(".")[1]) >= 5,
    )


def test_a_step_is_certain_where_its_interval_leaves_half_of_the_difference_out() -> None:
    steps: list[BisectionStep] = []
    effects = {frozenset("a"): effect_of(0.024, 0.01), frozenset("b"): effect_of(0.05)}

    bisect(("a", "b"), effect_of(0.05), effects.__getitem__, on_step=steps.append)

    assert [(("a",), False), (("b",), True)] == [(step.changes, step.is_certain) for step in steps]


def test_an_effect_is_a_ratio_too() -> None:
    assert math.exp(0.05) == pytest.approx(effect_of(0.05).ratio)
