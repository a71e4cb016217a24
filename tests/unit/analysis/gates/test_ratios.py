"""Conditions about ratios of a session's stacks: three answers, by the interval of the ratio."""

from collections.abc import Sequence

import pytest

from made import HOST
from made.cells import made_cell
from stacklab.analysis.comparison.conditions import parse
from stacklab.analysis.comparison.result import ComparisonResult, MetricComparison, PairComparison
from stacklab.analysis.gates.judgement import Answer, Untold
from stacklab.analysis.gates.proof import believed
from stacklab.analysis.gates.ratios import judged_ratios, promised
from stacklab.analysis.metrics import CPU
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.rounds.differences import Difference
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.proof import Proof, ProofTrial
from stacklab.model.measured.verdict import Validity
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.scenario import CallSpec, Scenario


def page(mean: float, *, error: float = 0.01, b: CellResult | None = None, alarm: bool = False) -> ComparisonResult:
    found = Difference(mean=mean, error=error, freedom=11.0, n=12)
    cells = (made_cell("old", rounds=12), b or made_cell("new", rounds=12))
    counts = all(cell.counts for cell in cells)
    pair = PairComparison(
        scenario=Scenario(name="json", summary="", calls=(CallSpec(endpoint="json"),), load=Closed(connections=4)),
        names=("old", "new"),
        cells=cells,
        metrics=(MetricComparison(metric=CPU, a=None, b=None, difference=found, alarm=alarm),) if counts else (),
    )
    return ComparisonResult(
        a="old",
        b="new",
        session="now",
        different_machines=(),
        changes=(),
        left_out=(),
        questions=1,
        pairs=(pair,),
        margin=0.02,
    )


def answers(result: ComparisonResult, *conditions: str) -> Sequence[Answer]:
    return [one.answer for one in judged_ratios([parse(text) for text in conditions], result)]


@pytest.mark.parametrize(
    ("mean", "answer"),
    [(0.10, Answer.FAILS), (0.05, Answer.CANNOT_TELL), (0.03, Answer.CANNOT_TELL), (0.0, Answer.HOLDS)],
)
def test_the_whole_interval_of_the_ratio_decides(mean: float, answer: Answer) -> None:
    assert [answer] == answers(page(mean), "cpu > 1.05")


def test_a_pair_that_does_not_count_fails() -> None:
    void = made_cell("new", rounds=12, validity=Validity.VOID)

    assert [Answer.FAILS] == answers(page(0.0, b=void), "cpu > 1.05")


@pytest.mark.parametrize("mean", [0.2, 0.0])
def test_a_doubtful_difference_fails_nothing_and_keeps_what_holds(mean: float) -> None:
    caveat = Caveat(kind=CaveatKind.RATE_MISSED, makes=Validity.SUSPECT)
    suspect = made_cell("new", rounds=12, validity=Validity.SUSPECT, caveats=(caveat,))

    expected = Answer.CANNOT_TELL if mean else Answer.HOLDS
    assert [expected] == answers(page(mean, b=suspect), "cpu > 1.05")


def test_a_stack_that_is_told_from_itself_keeps_the_gate_back() -> None:
    (found,) = judged_ratios([parse("cpu > 1.05")], page(0.2, alarm=True))

    assert (Answer.CANNOT_TELL, Untold.DOUBT) == (found.answer, found.why)


def test_a_promise_about_a_ratio_says_what_it_is_a_ratio_to() -> None:
    assert "cpu <= 1.05 times A" == promised(parse("cpu > 1.05")).text


def test_a_metric_that_is_not_there_cannot_be_told() -> None:
    assert [Answer.CANNOT_TELL] == answers(page(0.0), "p99 > 1.1")


@pytest.mark.parametrize(
    ("trials", "holds"),
    [
        ((("fails", "holds"), ("fails", "cannot tell")), True),
        ((("fails", "holds"), ("cannot tell", "holds")), False),
        ((("fails", "fails"),), False),
        ((), False),
    ],
)
def test_a_gate_is_proved_by_catching_every_slowdown_without_a_false_alarm(
    trials: Sequence[tuple[str, str]], holds: bool
) -> None:
    proof = Proof(
        started_at="",
        host=HOST,
        app="",
        conditions=(),
        slowdown=0.1,
        trials=tuple(
            ProofTrial(session="", slowed=slowed, again=again, ratios=(), ratios_again=()) for slowed, again in trials
        ),
    )

    assert holds is proof.holds


@pytest.mark.parametrize(
    ("slowed", "again", "mean", "answer"),
    [
        ("fails", "holds", 0.10, Answer.FAILS),
        ("holds", "holds", 0.10, Answer.CANNOT_TELL),
        ("fails", "fails", 0.10, Answer.CANNOT_TELL),
        (None, None, 0.10, Answer.CANNOT_TELL),
        (None, None, 0.0, Answer.HOLDS),
    ],
)
def test_a_gate_blocks_only_where_it_was_proved_and_the_proof_holds(
    slowed: str | None, again: str | None, mean: float, answer: Answer
) -> None:
    trials = (
        ()
        if slowed is None
        else (ProofTrial(session="s", slowed=slowed, again=again or "", ratios=(), ratios_again=()),)
    )
    made = Proof(started_at="", host=HOST, app="a:b", conditions=(), slowdown=0.1, trials=trials)

    (found,) = believed(judged_ratios([parse("cpu > 1.05")], page(mean)), made if trials else None)

    assert answer is found.answer
    assert (found.why is Untold.UNPROVEN) is (answer is Answer.CANNOT_TELL)
