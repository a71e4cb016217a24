"""Effects over sessions: what a thousand simulated ones say of a truth that is known."""

import math
import random
from statistics import fmean, stdev

import pytest
from scipy.special import stdtrit

from stacklab.analysis.claims.pooling import Effect, pool, random_effects
from stacklab.model.claims.decision import Contrast, Exact, Within
from stacklab.model.claims.finding import ClaimVerdict, Reading
from stacklab.model.measured.verdict import Estimate

SAMPLES = 1000
TRUTH = math.log(1.3)


def effect(chance: random.Random, *, between: float, rounds: int, scatter: float) -> Effect:
    """One session: its own shift, and the variance that its rounds show."""
    middle = chance.gauss(TRUTH, between)
    values = [chance.gauss(middle, scatter) for _ in range(rounds)]
    return Effect(value=fmean(values), variance=stdev(values) ** 2 / rounds)


@pytest.mark.parametrize("sessions", [3, 5, 10])
@pytest.mark.parametrize(("between", "scatter"), [(0.0, 0.06), (0.05, 0.06), (0.1, 0.02)])
def test_the_pooled_interval_holds_the_truth_as_often_as_it_says(sessions: int, between: float, scatter: float) -> None:
    chance = random.Random(16)  # noqa: S311 (it shall be the same every time)

    held = 0
    for _ in range(SAMPLES):
        low, high = random_effects(
            [effect(chance, between=between, rounds=5, scatter=scatter) for _ in range(sessions)]
        ).interval()
        held += low <= TRUTH <= high

    assert 0.93 <= held / SAMPLES


@pytest.mark.parametrize("sessions", [3, 5])
def test_identical_arms_are_hardly_ever_called_different_by_several_sessions(sessions: int) -> None:
    chance = random.Random(17)  # noqa: S311
    contrast = Contrast(metric="x", candidate="a", baseline="b", at_least=1.05)
    told = 0
    for _ in range(SAMPLES):
        pooled = pool(contrast, [reading(chance, between=0.03, scatter=0.06) for _ in range(sessions)])
        assert pooled is not None
        told += pooled.verdict in {ClaimVerdict.REPRODUCED, ClaimVerdict.REVERSED}

    assert told <= 0.01 * SAMPLES


def reading(chance: random.Random, *, between: float, scatter: float, rounds: int = 5) -> Reading:
    """A session of two identical arms."""
    middle = chance.gauss(0, between)
    values = [chance.gauss(middle, scatter) for _ in range(rounds)]
    half = float(stdtrit(rounds - 1, 0.975)) * stdev(values) / math.sqrt(rounds)
    mean = fmean(values)
    found = Estimate(value=math.exp(mean), low=math.exp(mean - half), high=math.exp(mean + half), n=rounds)
    return Reading(kind="contrast", verdict=ClaimVerdict.INCONCLUSIVE, what="x, a over b", found=found)


def test_the_share_between_sessions_is_none_where_rounds_explain_everything() -> None:
    alike = [Effect(0.1, 0.01), Effect(0.11, 0.01), Effect(0.09, 0.01)]
    apart = [Effect(0.1, 0.0001), Effect(0.5, 0.0001), Effect(0.9, 0.0001)]

    assert 0.0 == random_effects(alike).between
    assert 0.99 < random_effects(apart).between


def test_values_that_are_the_same_in_every_session_have_an_interval_of_nearly_nothing() -> None:
    low, high = random_effects([Effect(2.0, 0.0)] * 3).interval()

    assert 2.0 == pytest.approx(low, abs=1e-6)
    assert 2.0 == pytest.approx(high, abs=1e-6)


def test_means_are_pooled_as_they_are_and_exact_values_not_at_all() -> None:
    within = Within(metric="x", arm="a", at_most=1.0)
    readings = [
        Reading(
            kind="within",
            verdict=ClaimVerdict.REPRODUCED,
            what="x, a",
            found=Estimate(value=value, low=value - 0.1, high=value + 0.1, n=4),
        )
        for value in (0.0, 0.1, 0.2)
    ]

    pooled = pool(within, readings)

    assert pooled is not None
    assert 0.1 == pytest.approx(pooled.found.value)
    assert ClaimVerdict.REPRODUCED is pooled.verdict
    assert pool(Exact(metric="x", arm="a", expect=(1.0,)), readings) is None
    assert pool(within, readings[:2]) is None
