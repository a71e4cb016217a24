"""The verdict engine on simulated arms: what is there is found, and what is not there is not. Longer: benchmarks."""

import math
import random
from collections import Counter
from collections.abc import Mapping
from functools import cache

import pytest

from stacklab.analysis.claims.contrast import read_contrast
from stacklab.analysis.claims.law import read_crossover
from stacklab.analysis.claims.observed import Observed
from stacklab.analysis.claims.trend import read_trend
from stacklab.catalog import catalogue, workspace
from stacklab.catalog.claims import claims as claims_of
from stacklab.catalog.workspace import reference
from stacklab.model.claims.decision import Contrast, Crossover, Trend, deciding
from stacklab.model.claims.finding import ClaimVerdict
from stacklab.model.claims.grid import ROUNDS, rounds_of
from stacklab.model.measured.record import Row

SESSIONS = 300
SCATTER = 0.04
"""Of a run, as on a quiet machine."""


SMALLEST = 1.1
"""Of a threshold, that the quick preset has the rounds for; a smaller one takes ``publish``."""

TOO_LONG = {"accept-policy"}
"""Nine arms: a fourth round would be its fourth minute. Three find an effect of 1.4 instead of 1.3."""


@cache
def verdicts(effect: float, *, at_least: float, rounds: int, scatter: float = SCATTER) -> Mapping[ClaimVerdict, float]:
    """The share of simulated sessions with each verdict."""
    chance = random.Random(20261120)  # noqa: S311 (it shall be the same every time)
    contrast = Contrast(metric="x", candidate="a", baseline="b", at_least=at_least)

    def arm(base: float) -> dict[int, tuple[Row, ...]]:
        return {
            number: (Row(metric="x", value=base * math.exp(chance.gauss(0, scatter))),)
            for number in range(1, rounds + 1)
        }

    counts = Counter(
        read_contrast(
            contrast, Observed(arms={"a": arm(effect), "b": arm(1.0)}, twin=arm(1.0)), twin_of="b", questions=1
        ).verdict
        for _ in range(SESSIONS)
    )
    return {verdict: counts[verdict] / SESSIONS for verdict in ClaimVerdict}


@pytest.mark.parametrize(
    ("preset", "at_least"), [("quick", 1.15), ("quick", 1.5), ("standard", 1.1), ("publish", 1.05)]
)
def test_an_effect_of_twice_the_threshold_is_reproduced_in_nine_of_ten_sessions(preset: str, at_least: float) -> None:
    twice = 1 + 2 * (at_least - 1)

    assert verdicts(twice, at_least=at_least, rounds=ROUNDS[preset])[ClaimVerdict.REPRODUCED] >= 0.9


def test_the_claims_have_the_rounds_for_it_in_the_quick_preset() -> None:
    place = workspace.find(reference())
    known = claims_of.read(place, catalogue.with_those_of_claims(place, catalogue.read(place)))
    few = [
        f"{name}: {rounds} rounds for a threshold of {threshold:.3g}"
        for name, claim in known.items()
        if name not in TOO_LONG
        for decision in deciding(claim.decision)
        if isinstance(decision, Contrast) and (threshold := _threshold(decision)) >= SMALLEST
        for rounds in (rounds_of(claim, "quick"),)
        if verdicts(2 * threshold - 1, at_least=threshold, rounds=rounds)[ClaimVerdict.REPRODUCED] < 0.9
    ]

    assert [] == few


@pytest.mark.parametrize("scatter", [0.01, SCATTER, 0.3])
@pytest.mark.parametrize("rounds", [3, *ROUNDS.values()])
def test_two_identical_arms_are_hardly_ever_told_apart(rounds: int, scatter: float) -> None:
    found = verdicts(1.0, at_least=1.05, rounds=rounds, scatter=scatter)

    assert found[ClaimVerdict.REPRODUCED] + found[ClaimVerdict.REVERSED] <= 0.02


def test_an_effect_the_other_way_is_reversed() -> None:
    assert verdicts(1 / 1.4, at_least=1.2, rounds=ROUNDS["quick"])[ClaimVerdict.REVERSED] >= 0.9


def test_no_effect_is_equivalent_where_there_is_little_noise() -> None:
    assert verdicts(1.0, at_least=1.2, rounds=ROUNDS["standard"], scatter=0.02)[ClaimVerdict.EQUIVALENT] >= 0.9


def test_an_effect_that_is_no_effect_to_speak_of_is_not_reproduced() -> None:
    assert verdicts(0.95, at_least=1.2, rounds=ROUNDS["standard"], scatter=0.02)[ClaimVerdict.NOT_REPRODUCED] >= 0.5


def test_too_much_noise_is_inconclusive() -> None:
    assert verdicts(1.1, at_least=1.2, rounds=ROUNDS["quick"], scatter=0.2)[ClaimVerdict.INCONCLUSIVE] >= 0.9


def _threshold(contrast: Contrast) -> float:
    """The ratio from which on the claim holds, larger over smaller; 1 where it is that two arms do not differ."""
    return round(max(contrast.at_least or 1.0, 1 / (contrast.at_most or 1.0), 1.0), 6)


@cache
def crossovers(true: float, *, predicted: float, scatter: float, rounds: int = 5) -> Mapping[ClaimVerdict, float]:
    """Sessions on a coarse grid: 1, 2 and 4; the ratio rises by half for each doubling."""
    chance = random.Random(20261130)  # noqa: S311
    crossover = Crossover(metric="x", candidate="a", baseline="b", along="ms", predicted=str(predicted), factor=1.5)

    def arm(slope: float) -> dict[int, tuple[Row, ...]]:
        return {
            number: tuple(
                Row(metric="x", value=(ms / true) ** slope * math.exp(chance.gauss(0, scatter)), at={"ms": ms})
                for ms in (1.0, 2.0, 4.0)
            )
            for number in range(1, rounds + 1)
        }

    counts = Counter(
        read_crossover(crossover, Observed(arms={"a": arm(0.6), "b": arm(0.0)})).verdict for _ in range(SESSIONS)
    )
    return {verdict: counts[verdict] / SESSIONS for verdict in ClaimVerdict}


@pytest.mark.parametrize("scatter", [0.02, 0.1, 0.2, 0.4])
def test_noise_does_not_confirm_a_crossover_that_was_predicted_far_off(scatter: float) -> None:
    """A bracket that only had to touch the prediction did so more often the noisier it was."""
    assert 0.01 >= crossovers(1.5, predicted=5.5, scatter=scatter)[ClaimVerdict.REPRODUCED]


def test_a_crossover_near_its_prediction_is_confirmed_where_rounds_are_quiet() -> None:
    assert 0.9 <= crossovers(1.5, predicted=1.6, scatter=0.03)[ClaimVerdict.REPRODUCED]
    assert 0.9 <= crossovers(1.5, predicted=5.5, scatter=0.03)[ClaimVerdict.NOT_REPRODUCED]


@cache
def trends(slope: float, *, rounds: int, scatter: float = 0.1) -> Mapping[ClaimVerdict, float]:
    """Sessions over five levels, each twice the one before."""
    chance = random.Random(20261201)  # noqa: S311
    trend = Trend(metric="x", arm="a", along="n")

    def arm() -> dict[int, tuple[Row, ...]]:
        return {
            number: tuple(
                Row(metric="x", value=n**slope * math.exp(chance.gauss(0, scatter)), at={"n": n})
                for n in (1.0, 2.0, 4.0, 8.0, 16.0)
            )
            for number in range(1, rounds + 1)
        }

    counts = Counter(read_trend(trend, Observed(arms={"a": arm()})).verdict for _ in range(SESSIONS))
    return {verdict: counts[verdict] / SESSIONS for verdict in ClaimVerdict}


@pytest.mark.parametrize("rounds", [3, 5, 10])
def test_a_trend_is_seen_where_it_is_and_not_where_there_is_none(rounds: int) -> None:
    assert 0.9 <= trends(1.0, rounds=rounds)[ClaimVerdict.REPRODUCED]
    assert 0.9 <= trends(-1.0, rounds=rounds)[ClaimVerdict.REVERSED]
    none = trends(0.0, rounds=rounds)
    assert 0.01 >= none[ClaimVerdict.REPRODUCED] + none[ClaimVerdict.REVERSED]


def test_an_effect_short_of_the_claim_is_weaker_than_claimed() -> None:
    assert 0.9 <= verdicts(1.15, at_least=1.5, rounds=ROUNDS["standard"])[ClaimVerdict.WEAKER]
    assert 0.03 >= verdicts(1.0, at_least=1.5, rounds=ROUNDS["standard"])[ClaimVerdict.WEAKER]
