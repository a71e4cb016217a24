"""Conditions that fail a build: what they say, when they are met, and when they are wrong use."""

import math

import pytest
from scipy.special import stdtrit

from made.cells import made_cell
from stacklab.analysis.comparison.conditions import failures, parse
from stacklab.analysis.comparison.result import ComparisonResult, MetricComparison, PairComparison
from stacklab.analysis.metrics import ERRORS, P99
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.rounds.differences import ALPHA, Difference
from stacklab.errors import UsageError
from stacklab.model.measured.record import Failed, Stage
from stacklab.model.measured.verdict import Estimate, Validity, Verdict
from stacklab.model.plan import Cell
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.scenario import CallSpec, Scenario
from stacklab.report.comparison.words import failure_in_words

FREEDOM = 50
NO_ERRORS = Estimate(value=0.0, low=0.0, high=0.0, n=3)
FAILED = Failed(
    cell=Cell(stack="new", scenario="json", round=1), started_at="", stage=Stage.BOOT, reason="it did not boot"
)
BROKEN = made_cell("new", "json", validity=Validity.VOID, failed=(FAILED,))
GOOD = made_cell("new", "json", rounds=1)


def p99(low: float, high: float) -> MetricComparison:
    """A comparison with this interval, of many degrees of freedom."""
    mean, half = math.log(low * high) / 2, math.log(high / low) / 2
    found = Difference(mean=mean, error=half / float(stdtrit(FREEDOM, 1 - ALPHA / 2)), freedom=FREEDOM, n=10)
    return MetricComparison(metric=P99, a=None, b=None, difference=found, verdict=Verdict.UNRESOLVED)


def known(ratio: float) -> MetricComparison:
    """A ratio without an interval."""
    found = Difference(mean=math.log(ratio), error=0.0, freedom=0.0, n=1)
    return MetricComparison(metric=P99, a=None, b=None, difference=found)


def page(*metrics: MetricComparison, b: CellResult = GOOD, session: str | None = "s") -> ComparisonResult:
    pair = PairComparison(
        scenario=Scenario(name="json", summary="", calls=(CallSpec(endpoint="json"),), load=Closed(connections=4)),
        names=("old", "new"),
        cells=(GOOD, b),
        metrics=metrics,
    )
    return ComparisonResult(
        a="old",
        b="new",
        session=session,
        different_machines=(),
        changes=(),
        left_out=(),
        questions=len(metrics),
        pairs=(pair,),
        margin=0.02,
    )


@pytest.mark.parametrize(
    ("condition", "low", "high", "met"),
    [
        ("p99 > 1.10", 1.11, 1.40, True),
        ("p99 > 1.10", 1.099, 1.40, False),
        ("p99 >= 1.10", 1.101, 1.40, True),
        ("p99 > 1.10", 0.90, 9.00, False),
        ("p99 < 0.9", 0.50, 0.89, True),
        ("p99 < 0.9", 0.50, 0.901, False),
        ("p99 <= 0.9", 0.50, 0.899, True),
        ("latency_ms.p99>1.1", 1.2, 1.4, True),
    ],
)
def test_a_condition_is_met_where_the_whole_interval_meets_it(
    condition: str, low: float, high: float, met: bool
) -> None:
    assert met is bool(failures([parse(condition)], page(p99(low, high))))


def test_a_failure_says_what_where_and_by_how_much() -> None:
    said = map(failure_in_words, failures([parse("p99>1.1")], page(p99(1.15, 1.3))))

    assert tuple(said) == ("p99 > 1.1 in json, new: the ratio is 1.22 (1.15 to 1.30)",)


def test_a_cell_that_broke_is_not_a_pass() -> None:
    said = map(failure_in_words, failures([parse("p99 > 1.1")], page(b=BROKEN)))

    assert tuple(said) == ("json, new cannot be compared: B: round 1 failed (boot): it did not boot",)


def test_without_a_condition_nothing_fails() -> None:
    assert failures([], page(b=BROKEN)) == ()


def test_a_condition_that_could_never_be_met_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="no pair has an interval for this ratio; run more rounds"):
        failures([parse("p99 > 1.1")], page(known(1.2)))


def test_two_sessions_without_a_reference_cannot_be_asked() -> None:
    with pytest.raises(UsageError, match=r"two sessions differ by more than their rounds show.*--reference"):
        failures([parse("p99 > 1.1")], page(known(1.2), session=None))


def test_the_more_is_asked_the_surer_a_failure_must_be() -> None:
    """Its interval begins just above the limit: that is enough for one question, and not for the first of twenty."""
    near, far = p99(1.11, 1.40), p99(0.9, 1.2)

    assert [1, 0] == [len(failures([parse("p99 > 1.1")], page(*asked))) for asked in ([near], [near, *[far] * 19])]


def test_no_errors_on_either_side_are_a_ratio_of_one() -> None:
    none = MetricComparison(metric=ERRORS, a=NO_ERRORS, b=NO_ERRORS, verdict=Verdict.SAME)

    assert failures([parse("errors > 1.0")], page(none)) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("p99", "such as 'p99 > 1.10'"),
        ("p99 > much", "such as 'p99 > 1.10'"),
        ("p99 == 1", "such as 'p99 > 1.10'"),
        ("p99 > 10%", "such as 'p99 > 1.10'"),
        ("", "such as 'p99 > 1.10'"),
        ("throughputs > 1.1", "did you mean 'throughput"),
        ("zzz > 1.1", "choose from throughput_rps, p50"),
    ],
)
def test_what_is_no_condition_is_refused_with_an_example_or_a_name(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says.replace("?", r"\?")):
        parse(text)


@pytest.mark.parametrize("condition", ["p99 > 50", "p99 > 0", "throughput_rps < 0.05", "p99 > 10.5"])
def test_a_limit_that_is_no_plausible_ratio_is_refused(condition: str) -> None:
    with pytest.raises(UsageError, match=r"no plausible one; write 1\.10 for 10 % more"):
        parse(condition)


def test_a_limit_with_a_unit_is_refused() -> None:
    with pytest.raises(UsageError, match="and a ratio of B over A"):
        parse("p99 > 50 ms")
