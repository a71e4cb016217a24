"""What several sessions say of a claim together: one verdict in four of five, or inconclusive."""

import dataclasses

import pytest

from stacklab.analysis.claims.agreement import agreed, by_one_rule
from stacklab.model.decision import Contrast
from stacklab.model.finding import ClaimVerdict, Finding, PartFound, Reading

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
    newest = found(at_least=2.0, rounds=8)

    assert by_one_rule([newest, found(at_least=2.0, rounds=4), found(at_least=1.5, rounds=8), newest]) == (newest,) * 2
    assert by_one_rule([newest, dataclasses.replace(newest, verdict=INCONCLUSIVE)])[1].verdict is INCONCLUSIVE
    assert by_one_rule([]) == ()


def found(*, at_least: float, rounds: int) -> Finding:
    rule = Contrast(metric="p99", candidate="a", baseline="b", at_least=at_least)
    reading = Reading(kind="contrast", verdict=REPRODUCED, what="p99, a over b", found=None)
    part = PartFound(says="It is slower.", decides=True, decision=rule, reading=reading)
    return Finding(claim="one", verdict=REPRODUCED, rounds=rounds, parts=(part,))
