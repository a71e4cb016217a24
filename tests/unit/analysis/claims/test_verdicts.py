"""The rules by which a claim gets its verdict: on numbers that leave no doubt which one it has to be."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from stacklab.analysis.claims.finding import find
from stacklab.analysis.claims.observed import Observed
from stacklab.model.claims.arm import Levels, ProgramArm
from stacklab.model.claims.claim import Ablation, Claim, Source
from stacklab.model.claims.decision import (
    AllOf,
    ArithmeticSequence,
    ClaimPart,
    Contrast,
    Crossover,
    Decision,
    Exact,
    Law,
    Ordering,
    Quantity,
    Trend,
    Within,
)
from stacklab.model.claims.finding import ArmCaveat, ClaimVerdict, Finding, Withdrawn
from stacklab.model.measured import facts
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.record import Failed, Row, Stage
from stacklab.model.measured.verdict import Validity
from stacklab.model.plan import ProgramRun

REPRODUCED, REVERSED, EQUIVALENT = ClaimVerdict.REPRODUCED, ClaimVerdict.REVERSED, ClaimVerdict.EQUIVALENT
NOT_REPRODUCED, INCONCLUSIVE = ClaimVerdict.NOT_REPRODUCED, ClaimVerdict.INCONCLUSIVE
Rounds = Mapping[int, tuple[Row, ...]]


def claim(decision: Decision, *arms: str, twin: str | None = "none") -> Claim:
    return Claim(
        name="a-claim",
        title="",
        statement="",
        source=Source(text=""),
        mechanism="",
        arms={arm: ProgramArm(program="x.py", seconds=1) for arm in arms or ("a", "b", "c")},
        decision=decision,
        twin=twin,
    )


def rounds(*values: float, metric: str = "x", **at: float) -> Rounds:
    """One value a round."""
    return {number: (Row(metric=metric, value=value, at=at),) for number, value in enumerate(values, 1)}


def grid(values: Mapping[Any, float], *, scatter: float = 0.001) -> Rounds:
    """Nearly the same values in each of three rounds."""
    return {
        number: tuple(
            Row(metric="x", value=value * (1 + scatter * (number - 2)), at=dict(place))
            for place, value in values.items()
        )
        for number in (1, 2, 3)
    }


def found(decision: Decision, **arms: Rounds) -> Finding:
    return find(claim(decision, *arms), Observed(arms=arms))


MORE = Contrast(metric="x", candidate="a", baseline="b", at_least=1.5, negligible=1.2, band=(0.8, 1.25))
LESS = Contrast(metric="x", candidate="a", baseline="b", at_most=0.67, negligible=0.8, band=(0.8, 1.25))
SAME = Contrast(metric="x", candidate="a", baseline="b", at_least=0.95, at_most=1.05)


@pytest.mark.parametrize(
    ("contrast", "ratios", "verdict"),
    [
        (MORE, (1.9, 2.0, 2.1), REPRODUCED),
        (MORE, (0.5, 0.51, 0.49), REVERSED),
        (MORE, (1.0, 1.01, 0.99), EQUIVALENT),
        (MORE, (0.9, 0.95, 0.85), NOT_REPRODUCED),
        (MORE, (1.35, 1.36, 1.34), ClaimVerdict.WEAKER),
        (MORE, (1.0, 2.0, 4.0), INCONCLUSIVE),
        (LESS, (0.5, 0.51, 0.49), REPRODUCED),
        (LESS, (1.9, 2.0, 2.1), REVERSED),
        (LESS, (1.0, 1.01, 0.99), EQUIVALENT),
        (LESS, (1.11, 1.05, 1.18), NOT_REPRODUCED),
        (SAME, (1.0, 1.01, 0.99), REPRODUCED),
        (SAME, (1.3, 1.31, 1.29), NOT_REPRODUCED),
        (SAME, (1.0, 1.1, 0.9), INCONCLUSIVE),
        (replace(MORE, at_most=3.0), (5.0, 5.1, 4.9), NOT_REPRODUCED),
        (replace(MORE, negligible=None), (1.2, 1.21, 1.19), EQUIVALENT),
    ],
)
def test_a_contrast_is_judged_by_where_its_whole_interval_lies(
    contrast: Contrast, ratios: tuple[float, ...], verdict: ClaimVerdict
) -> None:
    assert verdict == found(contrast, a=rounds(*ratios), b=rounds(1, 1, 1)).verdict


def test_an_effect_short_of_the_claim_has_to_exceed_what_identical_arms_differ_by() -> None:
    arms = {"a": rounds(1.35, 1.36, 1.34), "b": rounds(1, 1, 1)}
    noisy = Observed(arms=arms, twin=rounds(1.6, 1.5, 1.55))

    assert INCONCLUSIVE == find(claim(MORE, *arms, twin="b"), noisy).verdict


def test_what_is_inconclusive_says_which_effect_it_could_have_seen() -> None:
    (few,) = found(MORE, a=rounds(1.0, 2.0, 4.0), b=rounds(1, 1, 1)).parts
    (more,) = found(MORE, a=rounds(*(1.0, 2.0, 4.0) * 4), b=rounds(*(1,) * 12)).parts

    assert few.reading.sees is not None
    assert more.reading.sees is not None
    assert 1.5 < more.reading.sees < few.reading.sees


def test_one_round_has_no_interval_and_so_no_verdict() -> None:
    assert INCONCLUSIVE == found(MORE, a=rounds(2.0), b=rounds(1.0)).verdict


def test_an_effect_within_what_two_identical_arms_differ_by_does_not_count() -> None:
    small = replace(MORE, at_least=1.05, negligible=None, band=(0.97, 1.03))
    arms = {"a": rounds(1.2, 1.21, 1.19), "b": rounds(1, 1, 1)}
    near, far = rounds(1.0, 1.01, 0.99), rounds(1.3, 0.8, 1.3)

    with_near, with_far = (
        find(claim(small, "a", "b", twin="b"), Observed(arms=arms, twin=twin)) for twin in (near, far)
    )

    assert REPRODUCED == with_near.verdict
    assert INCONCLUSIVE == with_far.verdict
    assert "does not exceed the difference between two identical arms" in with_far.why


def test_the_baseline_is_measured_twice_unless_the_claim_says_otherwise() -> None:
    assert "b" == claim(MORE, twin=None).measured_twice
    assert "a" == claim(MORE, twin="a").measured_twice
    assert claim(MORE, twin="none").measured_twice is None
    assert claim(Within(metric="x", arm="a", at_least=1), twin=None).measured_twice is None


def test_over_a_grid_the_ratios_at_its_places_are_averaged_and_shown() -> None:
    places = [(("n", 1.0),), (("n", 2.0),)]
    a, b = grid({places[0]: 1.0, places[1]: 4.0}), grid({places[0]: 1.0, places[1]: 1.0})

    (part,) = found(MORE, a=a, b=b).parts

    assert part.reading.found is not None
    assert 2.0 == pytest.approx(part.reading.found.value)
    assert [{"n": 1.0}, {"n": 2.0}] == [place.at for place in part.reading.places]
    assert [1.0, pytest.approx(4.0)] == [place.found.value for place in part.reading.places]


def test_a_level_that_only_one_arm_has_does_not_part_them() -> None:
    a, b = grid({(("n", 1.0), ("workers", 2)): 2.0}), grid({(("n", 1.0),): 1.0})

    assert REPRODUCED == found(MORE, a=a, b=b).verdict


@pytest.mark.parametrize(
    ("values", "verdict"),
    [((1.5, 1.51, 1.52), REPRODUCED), ((1.7, 1.71, 1.72), NOT_REPRODUCED), ((1.4, 1.5, 1.7), INCONCLUSIVE)],
)
def test_a_value_lies_within_its_bounds_with_its_whole_interval(
    values: tuple[float, ...], verdict: ClaimVerdict
) -> None:
    assert verdict == found(Within(metric="x", arm="a", at_least=1.45, at_most=1.6), a=rounds(*values)).verdict


@pytest.mark.parametrize(
    ("second", "verdict"), [((3, 2, 1), REPRODUCED), ((3, 2, 2), INCONCLUSIVE), ((3, 2), INCONCLUSIVE)]
)
def test_exact_values_are_so_in_every_round(second: tuple[float, ...], verdict: ClaimVerdict) -> None:
    exact = Exact(metric="x", arm="a", expect=ArithmeticSequence(first=3, step=-1, count=3))
    values = {1: (3, 2, 1), 2: second}
    arm = {number: tuple(Row(metric="x", value=value) for value in of) for number, of in values.items()}

    assert verdict == found(exact, a=arm).verdict


def test_what_differs_from_exact_values_is_named() -> None:
    finding = found(Exact(metric="x", arm="a", expect=(40.0,)), a=rounds(39, 39))

    assert NOT_REPRODUCED == finding.verdict
    assert "The values match in 0 of 2 rounds; in another, value 1 is 39 instead of 40." == finding.why


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, REPRODUCED), (1.5, NOT_REPRODUCED), (1.08, INCONCLUSIVE)])
def test_a_law_is_followed_with_its_slope(factor: float, verdict: ClaimVerdict) -> None:
    law = Law(metric="x", arm="a", formula="n * d / 1000", slope=(0.95, 1.08))
    places = {(("d", d), ("n", n)): factor * n * d / 1000 + 0.3 for n in (50.0, 100.0) for d in (5.0, 10.0)}

    assert verdict == found(law, a=grid(places, scatter=0.002)).verdict


@pytest.mark.parametrize(("off", "verdict"), [(1, REPRODUCED), (3, NOT_REPRODUCED)])
def test_a_law_holds_where_enough_places_are_near_it(off: int, verdict: ClaimVerdict) -> None:
    law = Law(
        metric="x",
        arm="a",
        formula="min(cores / s, w / (s + wait))",
        given={
            "s": Quantity(metric="s", arm="b"),
            "cores": Quantity(metric="cores", arm="b"),
            "wait": Quantity(metric="w", arm="b"),
        },
        within=0.15,
        share=0.8,
    )
    expected = {w: min(2 / 0.001, w / 0.011) for w in (1.0, 2.0, 4.0, 8.0, 64.0)}
    values = {(("w", w),): value * (1.5 if place < off else 1.0) for place, (w, value) in enumerate(expected.items())}
    b = {
        number: (Row(metric="s", value=0.001), Row(metric="cores", value=2), Row(metric="w", value=0.01))
        for number in (1, 2, 3)
    }

    assert verdict == found(law, a=grid(values), b=b).verdict


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ((9, 5, 1), REPRODUCED),
        ((1, 5, 9), REVERSED),
        ((5, 9, 1), NOT_REPRODUCED),
        ((9, 5, 5), INCONCLUSIVE),
    ],
)
def test_an_order_takes_intervals_that_do_not_overlap(values: tuple[float, ...], verdict: ClaimVerdict) -> None:
    arms = {name: rounds(value, value * 1.01, value * 0.99) for name, value in zip("abc", values, strict=True)}

    assert verdict == found(Ordering(metric="x", largest_first=("a", "b", "c")), **arms).verdict


CROSS = Crossover(metric="x", candidate="a", baseline="b", along="ms")


def crossing(at: float) -> dict[str, Rounds]:
    """A ratio that passes 1 there."""
    levels = (1.0, 2.0, 5.0, 10.0, 20.0)
    return {
        "a": grid({(("ms", ms),): 1 + math.log(ms / at) / 10 for ms in levels}),
        "b": grid({(("ms", ms),): 1.0 for ms in levels}),
    }


@pytest.mark.parametrize(
    ("at", "rises", "verdict"),
    [(4.0, True, REPRODUCED), (0.5, True, NOT_REPRODUCED), (50.0, True, NOT_REPRODUCED), (4.0, False, NOT_REPRODUCED)],
)
def test_a_crossover_passes_1_within_the_grid(at: float, *, rises: bool, verdict: ClaimVerdict) -> None:
    assert verdict == found(replace(CROSS, rises=rises), **crossing(at)).verdict


@pytest.mark.parametrize(("predicted", "verdict"), [("4", REPRODUCED), ("40", NOT_REPRODUCED)])
def test_a_crossover_is_where_it_was_predicted(predicted: str, verdict: ClaimVerdict) -> None:
    finding = found(replace(CROSS, predicted=predicted), **crossing(4.0))

    assert verdict == finding.verdict
    (place,) = finding.parts[0].reading.places
    assert 3.5 < place.found.value < 4.5


def test_a_prediction_is_held_to_what_each_round_measured_of_it() -> None:
    arms = crossing(4.0)
    arms["c"] = rounds(3.9, 4.0, 4.1, metric="y")
    given = {"s": Quantity(metric="y", arm="c")}

    assert REPRODUCED == found(replace(CROSS, predicted="s", given=given), **arms).verdict
    arms["c"] = rounds(1.0, 4.0, 16.0, metric="y")
    assert INCONCLUSIVE == found(replace(CROSS, predicted="s", given=given), **arms).verdict


def test_a_crossover_that_may_lie_outside_of_the_grid_is_open_whatever_was_predicted() -> None:
    arms = crossing(4.0)
    arms["a"] = grid({(("ms", ms),): 1.0 for ms in (1.0, 20.0)}, scatter=0.2)

    assert ClaimVerdict.INCONCLUSIVE == found(replace(CROSS, predicted="4"), **arms).verdict


@pytest.mark.parametrize("turned", [False, True])
def test_each_column_crosses_on_its_own_though_one_arm_knows_of_no_columns(*, turned: bool) -> None:
    arms = {
        "b": grid({(("ms", ms), ("workers", w)): w / ms for ms in (1.0, 4.0, 16.0) for w in (2.0, 8.0)}),
        "a": grid({(("ms", ms),): 1.0 for ms in (1.0, 4.0, 16.0)}),
    }
    crossover = replace(CROSS, columns="workers", rises=not turned)
    if turned:
        crossover = replace(crossover, candidate="b", baseline="a")

    finding = found(crossover, **arms)

    assert REPRODUCED == finding.verdict
    assert [{"workers": 2.0}, {"workers": 8.0}] == [place.at for place in finding.parts[0].reading.places]


def test_a_level_that_one_arm_knows_chooses_among_its_places() -> None:
    arms = {"a": rounds(3, 3.01, 2.99), "b": grid({(("n", n),): n for n in (1.0, 2.0)})}

    reading = found(replace(MORE, at={"n": 2.0}), **arms).parts[0].reading

    assert reading.found is not None
    assert reading.found.value == pytest.approx(1.5, rel=0.02)


@pytest.mark.parametrize("grid_of_b", [(4.0,), (4.0, 8.0)])
def test_what_each_arm_has_one_value_of_is_how_they_differ(grid_of_b: tuple[float, ...]) -> None:
    arms = {"a": rounds(3, 3.01, 2.99, n=200, limit=1), "b": grid({(("n", 200), ("limit", n)): 1.0 for n in grid_of_b})}

    assert (len(grid_of_b) == 1) == (found(MORE, **arms).verdict is REPRODUCED)


def test_a_formula_needs_what_its_arms_have_measured() -> None:
    law = Law(metric="x", arm="a", formula="s * n", given={"s": Quantity(metric="y", arm="b")}, within=0.1)
    finding = found(law, a=grid({(("n", 1.0),): 1.0}), b={})

    assert (ClaimVerdict.INCONCLUSIVE, "b has no result: it was not run.") == (finding.verdict, finding.why)


@pytest.mark.parametrize("formula", ["n /", "n + async", "len(n)"])
def test_what_is_no_formula_is_refused_before_anything_is_measured(formula: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        replace(CROSS, predicted=formula)
    with pytest.raises(ValueError, match="is no"):
        Law(metric="x", arm="a", formula=formula, within=0.1)


def both(*verdicts: str, shown: str = "") -> Finding:
    """A claim of several parts, each decided by where one arm lies: high, low, or nobody knows."""
    values = {"high": (2.0, 2.01, 1.99), "low": (1.0, 1.01, 0.99), "open": (1.0, 2.0, 1.5)}
    parts = [
        ClaimPart(says=word, decision=Within(metric="x", arm=f"arm{place}", at_least=1.5), decides=word != shown)
        for place, word in enumerate(verdicts)
    ]
    arms = {f"arm{place}": rounds(*values[word]) for place, word in enumerate(verdicts)}
    return found(AllOf(parts=tuple(parts)), **arms)


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        (("high", "high"), REPRODUCED),
        (("high", "low"), NOT_REPRODUCED),
        (("open", "low"), NOT_REPRODUCED),
        (("high", "open"), INCONCLUSIVE),
        (("low", "low"), NOT_REPRODUCED),
    ],
)
def test_all_that_decides_has_to_hold(parts: tuple[str, ...], verdict: ClaimVerdict) -> None:
    assert verdict == both(*parts).verdict


def test_an_explanation_that_is_wrong_does_not_take_the_observation_back() -> None:
    finding = both("high", "low", shown="low")

    assert REPRODUCED == finding.verdict
    assert [REPRODUCED, NOT_REPRODUCED] == [part.reading.verdict for part in finding.parts]


def test_the_more_questions_the_more_it_takes_to_say_no() -> None:
    contrast = Contrast(metric="x", candidate="a", baseline="b", at_least=1.5)
    yes = ClaimPart(says="yes", decision=Contrast(metric="x", candidate="c", baseline="b", at_least=1.5))
    arms = {"a": rounds(1.0, 1.01, 0.978), "b": rounds(1, 1, 1), "c": rounds(2, 2.01, 1.99)}

    assert EQUIVALENT == found(contrast, **arms).verdict
    many = AllOf(parts=(ClaimPart(says="no", decision=contrast), *(yes,) * 9))
    assert INCONCLUSIVE == found(many, **arms).verdict


STOLEN = ArmCaveat(
    caveat=Caveat(kind=CaveatKind.STOLEN, makes=Validity.SUSPECT, facts={"share": facts.share(0.052)}), round=1
)
ERRORS = ArmCaveat(caveat=Caveat(kind=CaveatKind.ERRORS, makes=Validity.VOID))


def trend(*values: float, levels: tuple[float, ...] = (1, 2, 4, 8, 16)) -> Rounds:
    return grid({(("n", level),): value for level, value in zip(levels, values, strict=True)})


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ((1, 2, 3, 4, 100), REPRODUCED),
        ((5, 4, 3, 2, 1), REVERSED),
        ((1, 3, 2, 5, 4), NOT_REPRODUCED),
        ((1, 1, 1, 1, 1), NOT_REPRODUCED),
    ],
)
def test_a_trend_goes_by_ranks(values: tuple[float, ...], verdict: ClaimVerdict) -> None:
    assert verdict == found(Trend(metric="x", arm="a", along="n"), a=trend(*values)).verdict


def test_a_trend_may_fall_and_takes_four_levels() -> None:
    falling = Trend(metric="x", arm="a", along="n", rises=False)

    assert REPRODUCED == found(falling, a=trend(5, 4, 3, 2, 1)).verdict
    assert INCONCLUSIVE == found(falling, a=trend(3, 2, 1, levels=(1, 2, 4))).verdict


def test_what_a_law_is_given_is_that_of_the_same_level() -> None:
    arms = {
        "a": grid({(("n", n), ("ms", ms)): n * ms for n in (1.0, 2.0, 4.0) for ms in (10.0, 20.0)}),
        "b": grid({(("n", n),): n for n in (1.0, 2.0, 4.0)}),
    }
    given = {"s": Quantity(metric="x", arm="b")}
    law = Law(metric="x", arm="a", formula="s * ms", given=given, within=0.05, share=1.0)

    assert REPRODUCED == found(law, **arms).verdict
    fixed = replace(law, given={"s": replace(given["s"], at={"n": 2.0})})
    assert NOT_REPRODUCED == found(fixed, **arms).verdict


def test_a_suspect_arm_supports_no_difference_and_still_an_equality() -> None:
    observed = Observed(arms={"a": rounds(2.0, 2.01, 1.99), "b": rounds(1, 1, 1)}, suspect={"a": (STOLEN,)})
    equal = replace(observed, arms={"a": rounds(1.0, 1.01, 0.99), "b": rounds(1, 1, 1)})

    finding = find(claim(MORE, "a", "b"), observed)

    assert INCONCLUSIVE == finding.verdict
    assert [Withdrawn(verdict=REPRODUCED, caveats={"a": STOLEN})] == [part.reading.withdrawn for part in finding.parts]
    assert {"a": STOLEN} == finding.caveats
    assert EQUIVALENT == find(claim(MORE, "a", "b"), equal).verdict
    assert INCONCLUSIVE == find(claim(MORE, "a", "b"), replace(equal, suspect={}, void={"b": (ERRORS,)})).verdict


@pytest.mark.parametrize(
    ("decision", "value", "verdict"),
    [
        (SAME, 1.0, REPRODUCED),
        (SAME, 1.2, INCONCLUSIVE),
        (MORE, 1.0, EQUIVALENT),
        (replace(MORE, at_most=2.0), 4.0, INCONCLUSIVE),
        (Within(metric="x", arm="a", at_most=2.0), 4.0, INCONCLUSIVE),
        (Within(metric="x", arm="a", at_most=2.0), 1.0, INCONCLUSIVE),
    ],
)
def test_what_disturbs_makes_differences_and_no_equality(
    decision: Contrast | Within, value: float, verdict: ClaimVerdict
) -> None:
    arms = {"a": rounds(value, value * 1.001, value * 0.999), "b": rounds(1, 1, 1)}
    observed = Observed(arms=arms, suspect={"a": (STOLEN,)})

    assert verdict == find(claim(decision, *arms), observed).verdict


@pytest.mark.parametrize("contrast", [SAME, MORE])
def test_what_limits_both_arms_alike_supports_no_equality(contrast: Contrast) -> None:
    arms = {"a": rounds(1.0, 1.001, 0.999), "b": rounds(1, 1, 1)}
    limit = ArmCaveat(caveat=Caveat(kind=CaveatKind.NEAR_CEILING, makes=Validity.SUSPECT))

    finding = find(claim(contrast, *arms), Observed(arms=arms, suspect={"b": (STOLEN, limit)}))

    assert INCONCLUSIVE == finding.verdict
    assert {"b": limit} == (finding.parts[0].reading.withdrawn or Withdrawn(verdict=INCONCLUSIVE, caveats={})).caveats


def failed(arm: str, stage: Stage, reason: str) -> Failed:
    trial = ProgramRun(claim="a-claim", arm=arm, round=1)
    return Failed(cell=trial, started_at="2026-11-20T10:15:00Z", stage=stage, reason=reason)


@pytest.mark.parametrize(
    ("stage", "verdict", "why"),
    [
        (Stage.HERE, ClaimVerdict.NOT_TESTABLE, "a: Eager tasks exist since Python 3.12."),
        (Stage.ENVIRONMENT, ClaimVerdict.NOT_TESTABLE, "a: Eager tasks exist since Python 3.12."),
        (Stage.PROGRAM, INCONCLUSIVE, "a has no result: Eager tasks exist since Python 3.12."),
    ],
)
def test_what_cannot_run_here_is_not_testable_and_what_breaks_is_inconclusive(
    stage: Stage, verdict: ClaimVerdict, why: str
) -> None:
    observed = Observed(
        arms={"a": {}, "b": rounds(1, 1)},
        failed={"a": (failed("a", stage, "Eager tasks exist since Python 3.12."),)},
    )

    finding = find(claim(MORE, "a", "b"), observed)

    assert (verdict, why) == (finding.verdict, finding.why)


@pytest.mark.parametrize(("left", "supported"), [(1.05, True), (1.9, False), (1.5, False)])
def test_an_ablation_is_supported_where_it_takes_most_of_the_effect_away(left: float, *, supported: bool) -> None:
    without = replace(MORE, candidate="c")
    tested = replace(claim(MORE), ablations=(Ablation(removes="the queue", effect=MORE, without=without),))
    arms = {"a": rounds(2.0, 2.05, 1.95), "b": rounds(1, 1, 1), "c": rounds(left, left * 1.01, left * 0.99)}

    (ablation,) = find(tested, Observed(arms=arms)).ablations

    assert supported == ablation.supported
    assert ablation.gone is not None
    assert 1 - math.log(left) / math.log(2) == pytest.approx(ablation.gone.value, abs=0.02)


def test_an_effect_that_is_not_there_has_nothing_to_take_away() -> None:
    tested = replace(
        claim(MORE), ablations=(Ablation(removes="it", effect=MORE, without=replace(MORE, candidate="c")),)
    )
    arms = {"a": rounds(1.2, 0.9, 1.0), "b": rounds(1, 1, 1), "c": rounds(1.0, 1.1, 0.9)}

    (tried,) = find(tested, Observed(arms=arms)).ablations

    assert tried.supported is None


def test_levels_are_compared_as_numbers() -> None:
    at: Levels = {"n": 200, "d_ms": 10.0}
    arm = {number: (Row(metric="x", value=2.0 + number / 100, at=at),) for number in (1, 2, 3)}

    assert REPRODUCED == found(Within(metric="x", arm="a", at={"n": 200.0, "d_ms": (5, 10)}, at_least=1), a=arm).verdict
