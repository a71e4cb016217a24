"""What several sessions say of a claim together: the verdict on their pooled effect, or that of four in five."""

import pytest

from stacklab.analysis.claims.agreement import agreed, is_by_rule_of, joint
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.claims.claim import Claim, ClaimEffort, Source
from stacklab.model.claims.decision import AllOf, ClaimPart, Contrast
from stacklab.model.claims.finding import ClaimVerdict, Finding, PartFound, Reading, Withdrawn
from stacklab.model.measured.verdict import Estimate

REPRODUCED, NOT, INCONCLUSIVE = ClaimVerdict.REPRODUCED, ClaimVerdict.NOT_REPRODUCED, ClaimVerdict.INCONCLUSIVE
REVERSED, WEAKER, EQUIVALENT = ClaimVerdict.REVERSED, ClaimVerdict.WEAKER, ClaimVerdict.EQUIVALENT


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [
        ([REPRODUCED], REPRODUCED),
        ([REPRODUCED] * 4 + [INCONCLUSIVE], REPRODUCED),
        ([INCONCLUSIVE] + [NOT] * 4, NOT),
        ([REPRODUCED] * 3 + [NOT] * 2, INCONCLUSIVE),
        ([REPRODUCED, NOT], INCONCLUSIVE),
        ([NOT] * 3 + [REVERSED, INCONCLUSIVE], NOT),
        ([WEAKER, EQUIVALENT, REVERSED], NOT),
        ([WEAKER] * 4 + [INCONCLUSIVE], WEAKER),
    ],
)
def test_four_of_five_sessions_have_to_agree(verdicts: list[ClaimVerdict], together: ClaimVerdict) -> None:
    assert agreed(verdicts) is together


def test_findings_by_another_rule_do_not_count() -> None:
    claim = Claim(
        name="one",
        title="",
        statement="",
        mechanism="",
        source=Source(text=""),
        arms={name: ProgramArm(program="echo.py", seconds=1.0) for name in ("a", "b")},
        decision=AllOf(parts=(ClaimPart(says="It is slower.", decision=rule(at_least=2.0)),)),
        efforts={"quick": ClaimEffort(rounds=8)},
    )

    assert is_by_rule_of(claim, found(at_least=2.0, rounds=8), "quick")
    assert not is_by_rule_of(claim, found(at_least=2.0, rounds=4), "quick")
    assert not is_by_rule_of(claim, found(at_least=1.5, rounds=8), "quick")


def session(ratio: float, verdict: ClaimVerdict, *, spread: float = 1.1, withdrawn: bool = False) -> Finding:
    """One session with five rounds; the interval reaches from ratio / spread to ratio * spread."""
    reading = Reading(
        kind="contrast",
        verdict=verdict,
        what="p99, a over b",
        found=Estimate(value=ratio, low=ratio / spread, high=ratio * spread, n=5),
        withdrawn=Withdrawn(verdict=REPRODUCED, caveats={}) if withdrawn else None,
    )
    part = PartFound(says="It is slower.", decides=True, decision=rule(at_least=1.2), reading=reading)
    return Finding(claim="one", verdict=verdict, rounds=5, parts=(part,))


def test_sessions_that_split_over_two_names_of_a_refutation_are_decided_by_their_effect() -> None:
    together = joint([session(ratio, NOT) for ratio in (1.05, 1.10, 1.12)] + [session(1.14, INCONCLUSIVE)] * 2)

    assert WEAKER is together.verdict
    pooled = together.parts[0].pooled
    assert pooled is not None
    assert pooled.found.low is not None
    assert pooled.found.low > 1.0
    assert 5 == pooled.found.n
    assert not together.is_provisional


def test_sessions_that_see_too_little_alone_see_it_together() -> None:
    ratios = (1.28, 1.33, 1.30, 1.36, 1.27)

    assert REPRODUCED is joint([session(ratio, INCONCLUSIVE) for ratio in ratios]).verdict


def test_sessions_that_differ_by_more_than_their_rounds_decide_nothing() -> None:
    assert INCONCLUSIVE is joint([session(ratio, INCONCLUSIVE) for ratio in (0.8, 1.3, 2.5, 1.0)]).verdict


def test_a_withdrawn_reading_is_not_pooled_and_two_sessions_are_provisional() -> None:
    sessions = [session(1.5, REPRODUCED), session(1.5, REPRODUCED), session(0.5, INCONCLUSIVE, withdrawn=True)]

    assert joint(sessions).parts[0].pooled is None
    assert joint(sessions[:2]).is_provisional
    assert REPRODUCED is joint(sessions[:2]).verdict


def test_what_cannot_be_tested_has_no_parts() -> None:
    finding = Finding(claim="one", verdict=ClaimVerdict.NOT_TESTABLE, why="No such interpreter.")

    assert (ClaimVerdict.NOT_TESTABLE, "No such interpreter.") == (
        joint([finding]).verdict,
        joint([finding]).why,
    )


def rule(*, at_least: float) -> Contrast:
    return Contrast(metric="p99", candidate="a", baseline="b", at_least=at_least)


def found(*, at_least: float, rounds: int) -> Finding:
    reading = Reading(kind="contrast", verdict=REPRODUCED, what="p99, a over b", found=None)
    part = PartFound(says="It is slower.", decides=True, decision=rule(at_least=at_least), reading=reading)
    return Finding(claim="one", verdict=REPRODUCED, rounds=rounds, parts=(part,))
