"""What several sessions say of a claim together: one verdict in four of five, or inconclusive."""

import pytest

from stacklab.analysis.claims.agreement import agreed, is_by_rule_of
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.claims.claim import Claim, ClaimEffort, Source
from stacklab.model.claims.decision import AllOf, ClaimPart, Contrast
from stacklab.model.claims.finding import ClaimVerdict, Finding, PartFound, Reading

REPRODUCED, NOT, INCONCLUSIVE = ClaimVerdict.REPRODUCED, ClaimVerdict.NOT_REPRODUCED, ClaimVerdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [
        ([REPRODUCED], REPRODUCED),
        ([REPRODUCED] * 4 + [INCONCLUSIVE], REPRODUCED),
        ([INCONCLUSIVE] + [NOT] * 4, NOT),
        ([REPRODUCED] * 3 + [NOT] * 2, INCONCLUSIVE),
        ([REPRODUCED, NOT], INCONCLUSIVE),
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


def rule(*, at_least: float) -> Contrast:
    return Contrast(metric="p99", candidate="a", baseline="b", at_least=at_least)


def found(*, at_least: float, rounds: int) -> Finding:
    reading = Reading(kind="contrast", verdict=REPRODUCED, what="p99, a over b", found=None)
    part = PartFound(says="It is slower.", decides=True, decision=rule(at_least=at_least), reading=reading)
    return Finding(claim="one", verdict=REPRODUCED, rounds=rounds, parts=(part,))
