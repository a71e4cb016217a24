"""What every comparison promises, on the session made of arithmetic."""

import json
from dataclasses import replace
from typing import Any

import pytest
from markupsafe import escape

from made.cells import scaled
from stacklab.analysis.comparison.compare import compare_sessions, compare_stacks
from stacklab.analysis.comparison.conditions import failures, parse
from stacklab.analysis.comparison.result import ComparisonResult, MetricComparison, OneSided, Side, Why
from stacklab.analysis.metrics import CPU
from stacklab.analysis.results import SessionResult, judge
from stacklab.analysis.rounds.differences import Difference
from stacklab.analysis.session import SessionReader
from stacklab.catalog import workspace
from stacklab.errors import UsageError
from stacklab.model.measured.counting import CountSource
from stacklab.model.measured.record import Stage
from stacklab.model.measured.verdict import Verdict
from stacklab.model.own_app import AppFacts
from stacklab.report.comparison import json as comparison_json
from stacklab.report.comparison import markdown, text
from stacklab.report.comparison import page as comparison_page
from stacklab.report.comparison.words import doubts, failure_in_words, rows, summary, verdict_in_words

TEMPLATES = workspace.reference() / "reports" / "templates"


@pytest.fixture
def result(session: SessionReader) -> SessionResult:
    return judge(session)


@pytest.fixture
def upgrade(session: Any, result: SessionResult) -> ComparisonResult:
    """The session and itself on another machine, with another version of a package, and without one scenario."""
    other = replace(session, host=replace(session.host, processor="Example 10000"))
    later = judge(other)
    stacks = tuple(
        replace(one, all_packages={**one.all_packages, "uvicorn": "0.55.0"}) if one.all_packages else one
        for one in later.stacks
    )
    later = replace(later, stacks=stacks, scenarios=later.scenarios[:1], session=replace(later.session, name="later"))
    return compare_sessions(result, later)


def metric(page: ComparisonResult, scenario: str, key: str) -> MetricComparison:
    pair = next(pair for pair in page.pairs if pair.scenario.name == scenario)
    return next(one for one in pair.metrics if one.metric.key == key)


def test_the_ratio_is_b_over_a(result: SessionResult) -> None:
    found = metric(compare_stacks(result, "fast", "slow"), "echo", "cpu_us_per_request")

    assert found.a is not None
    assert found.b is not None
    assert found.ratio == pytest.approx(found.b.value / found.a.value, rel=0.05)


def test_turned_round_the_better_is_the_worse(result: SessionResult) -> None:
    verdicts = {
        metric(compare_stacks(result, *names), "echo-open", "p50").verdict
        for names in (("fast", "slow"), ("slow", "fast"))
    }

    assert {Verdict.FASTER, Verdict.SLOWER} == verdicts


def test_the_stack_and_its_other_name_are_apart_by_less_than_the_margin(result: SessionResult) -> None:
    """The other one is slower by a hundredth, and the arithmetic scatters less than that."""
    page = compare_stacks(result, "fast", "fast~again")
    told = {one.why for pair in page.pairs for one in pair.metrics if one.verdict is not Verdict.SAME}

    assert {Why.WITHIN_MARGIN} == told


def test_what_changed_between_two_stacks_is_their_configuration(result: SessionResult) -> None:
    assert {"stack: waits", "stack: family"} == {
        change.what for change in compare_stacks(result, "fast", "slow").changes
    }


@pytest.mark.parametrize(("stack", "reason"), [("broken", "ImportError"), ("liar", "void")])
def test_what_broke_is_shown_with_its_reason_and_gets_no_verdict(
    result: SessionResult, stack: str, reason: str
) -> None:
    pair = compare_stacks(result, "fast", stack).pairs[0]

    assert pair.metrics == ()
    assert any(reason in doubt for doubt in doubts(pair))


def test_a_scenario_that_only_one_stack_serves_is_named(result: SessionResult) -> None:
    assert compare_stacks(result, "fast", "broken").left_out == (
        OneSided(side=Side.A, kind="scenario", name="echo-open"),
    )


def test_no_errors_on_either_side_are_the_same(result: SessionResult) -> None:
    found = metric(compare_stacks(result, "fast", "slow"), "echo", "errors")

    assert (None, Verdict.SAME) == (found.ratio, found.verdict)


def test_two_sessions_begin_with_what_changed(upgrade: ComparisonResult) -> None:
    assert [
        ("machine: processor", "Example 9000", "Example 10000"),
        ("fast: package uvicorn", "0.54.0", "0.55.0"),
    ] == [(change.what, change.a, change.b) for change in upgrade.changes][:2]


def test_two_machines_are_said_first(upgrade: ComparisonResult) -> None:
    assert text.render_plain(upgrade).startswith("The machines differ (machine: processor Example 9000")


def test_sessions_without_a_reference_have_ratios_and_no_verdict(upgrade: ComparisonResult) -> None:
    every = [one for pair in upgrade.pairs for one in pair.metrics if one.ratio is not None]

    assert "ratios without a verdict. Name a stack that did not change with --reference." in text.render_plain(upgrade)
    assert {(None, None, Why.SESSIONS_DIFFER)} == {(one.verdict, one.low, one.why) for one in every}


def test_a_scenario_that_only_one_session_has_is_named(upgrade: ComparisonResult) -> None:
    assert "Only A has the scenario echo-open." in text.render_plain(upgrade)


def test_memory_is_less_or_more_and_never_faster(result: SessionResult) -> None:
    found = replace(metric(compare_stacks(result, "fast", "slow"), "echo", "rss_mib"), verdict=Verdict.SLOWER, why=None)

    assert verdict_in_words(found) == "more"


def test_the_json_has_a_version_and_every_pair(result: SessionResult) -> None:
    document = json.loads(comparison_json.render(compare_stacks(result, "fast", "slow"), ["p99 > 1.1 in echo"]))

    assert (2, 2, ["p99 > 1.1 in echo"]) == (document["schema_version"], len(document["pairs"]), document["failures"])


def test_markdown_of_a_reason_stays_text(result: SessionResult) -> None:
    page = compare_stacks(result, "fast", "slow")
    cells = page.pairs[0].cells
    failed = replace(cells[1].failed[0], reason="<script> | *loud*", stage=Stage.BOOT)
    nasty = replace(page.pairs[0], cells=(cells[0], replace(cells[1], failed=(failed,))))

    assert r"\<script\> \| \*loud\*" in markdown.render(replace(page, pairs=(nasty,)))


def test_every_metric_stands_in_every_rendering(result: SessionResult) -> None:
    page = compare_stacks(result, "fast", "slow")
    words = {one.metric.phrase for pair in page.pairs for one in pair.metrics}

    for rendered in (text.render_plain(page), markdown.render(page)):
        assert [word for word in words if word not in rendered] == []


def test_counts_of_two_stacks_are_compared_by_hash_seed(result: SessionResult) -> None:
    (found,) = compare_stacks(result, "fast", "slow").counts

    assert ("echo", Verdict.SLOWER, 3) == (found.scenario, found.contrast.verdict, found.contrast.n)
    assert found.contrast.ratio == pytest.approx(1.05, rel=0.001)


def test_counts_of_two_sessions_are_compared_by_hash_seed(upgrade: ComparisonResult) -> None:
    assert {("fast", Verdict.SAME), ("slow", Verdict.SAME), ("liar", None)} == {
        (one.names[0], one.contrast.verdict) for one in upgrade.counts
    }


def test_a_count_in_words_is_more_or_less(result: SessionResult) -> None:
    page = text.render_plain(compare_stacks(result, "fast", "slow"))

    assert any(line.startswith("echo ") and line.endswith(" more") for line in page.splitlines())


def test_a_stack_that_was_not_counted_is_named(result: SessionResult) -> None:
    assert "B: liar under echo was not counted: not steady." in text.render_plain(
        compare_stacks(result, "fast", "liar")
    )


def test_a_condition_about_instructions_asks_the_counts(result: SessionResult) -> None:
    page = compare_stacks(result, "fast", "slow")
    (failure,) = failures([parse("instructions > 1.01")], page)

    assert failure_in_words(failure).startswith("instructions_per_request > 1.01 in echo, slow: the ratio is 1.0500 (")
    assert () == failures([parse("instructions > 1.10")], page)


def test_a_count_that_failed_is_not_a_pass(result: SessionResult) -> None:
    (failure,) = failures([parse("instructions > 1.01")], compare_stacks(result, "fast", "liar"))

    assert "echo, liar cannot be compared: B: liar under echo was not counted: not steady" == failure_in_words(failure)


def test_counts_of_different_sources_are_refused(session: Any, result: SessionResult) -> None:
    other = judge(replace(session, counts=tuple(replace(one, source=CountSource.CPU) for one in session.counts)))
    page = compare_sessions(result, other)

    assert "no verdict: they were counted by different sources" in markdown.render(page)
    with pytest.raises(UsageError, match="counted by different sources"):
        failures([parse("instructions > 1.01")], page)


def test_without_counts_a_condition_about_instructions_is_wrong_use(session: Any) -> None:
    page = compare_stacks(judge(replace(session, counts=())), "fast", "slow")

    with pytest.raises(UsageError, match="no pair has an interval for this ratio"):
        failures([parse("instructions > 1.01")], page)


def test_a_twin_that_is_apart_by_less_than_the_margin_raises_no_alarm(result: SessionResult) -> None:
    page = compare_stacks(result, "fast", "slow")

    assert not any(one.alarm for pair in page.pairs for one in pair.metrics)


def test_a_twin_that_is_apart_by_more_makes_every_verdict_of_that_metric_suspect(result: SessionResult) -> None:
    strict = replace(result, session=replace(result.session, margin=0.001))
    page = compare_stacks(strict, "fast", "slow")

    assert metric(page, "echo", "throughput_rps").alarm
    assert not metric(page, "echo", "rss_mib").alarm
    assert "Suspect in throughput" in text.render_plain(page)


def test_two_sessions_are_compared_through_a_reference(result: SessionResult) -> None:
    """Whatever one of them does to all of its stacks is no difference of theirs."""
    moved = replace(
        result,
        cells=tuple(scaled(cell, CPU, 1.3) if cell.counts else cell for cell in result.cells),
        session=replace(result.session, name="later"),
    )
    found = metric(compare_sessions(result, moved, reference="fast"), "echo", "cpu_us_per_request")
    slow = next(
        one
        for pair in compare_sessions(result, moved, reference="fast").pairs
        for one in pair.metrics
        if (pair.scenario.name, pair.names[1], one.metric) == ("echo", "slow", CPU)
    )

    assert (None, Why.REFERENCE) == (found.verdict, found.why)
    assert slow.ratio == pytest.approx(1.0)
    assert Verdict.SAME is slow.verdict


def test_a_reference_that_changed_is_refused(result: SessionResult) -> None:
    stacks = tuple(replace(one, all_packages={**one.all_packages, "uvicorn": "0.1"}) for one in result.stacks)

    with pytest.raises(UsageError, match=r"--reference fast: it is not the same in both sessions \(fast: package"):
        compare_sessions(result, replace(result, stacks=stacks), reference="fast")


def test_a_reference_that_was_not_measured_is_refused(result: SessionResult) -> None:
    with pytest.raises(UsageError, match=r"--reference nobody: .* has no such stack"):
        compare_sessions(result, result, reference="nobody")


def test_what_is_unresolved_says_what_it_sees_and_what_more_would_take(result: SessionResult) -> None:
    unsure = Difference(mean=-0.1, error=0.05, freedom=9, n=10)
    found = replace(
        metric(compare_stacks(result, "fast", "slow"), "echo", "p50"),
        difference=unsure,
        verdict=Verdict.UNRESOLVED,
        why=None,
        alpha=0.05,
    )

    assert verdict_in_words(found) == "unresolved: detects 17.1\u202f%, 10\u202f% in 24 rounds"


def test_the_page_begins_with_what_changed_and_is_the_same_twice(upgrade: ComparisonResult) -> None:
    made = comparison_page.render(upgrade, [], templates=TEMPLATES)

    assert made == comparison_page.render(upgrade, [], templates=TEMPLATES)
    assert made.index("Example 10000") < made.index("0.55.0") < made.index("What it did") < made.index("<svg")


def test_the_page_has_the_numbers_of_the_other_renderings(result: SessionResult) -> None:
    page = compare_stacks(result, "fast", "slow")
    made = comparison_page.render(page, ["p99 > 1.1 in echo"], templates=TEMPLATES)

    assert json.loads(comparison_json.render(page, ["p99 > 1.1 in echo"])) == _data(made)
    assert [] == [cell for pair in page.pairs for row in rows(pair) for cell in row.cells if escape(cell) not in made]
    assert "--fail-if: p99 &gt; 1.1 in echo" in made


def test_a_reason_is_text_on_the_page(result: SessionResult) -> None:
    page = compare_stacks(result, "fast", "broken")
    failed = replace(page.pairs[0].cells[1].failed[0], reason="<img src=x onerror=alert(1)>", stage=Stage.BOOT)
    cells = (page.pairs[0].cells[0], replace(page.pairs[0].cells[1], failed=(failed,)))
    made = comparison_page.render(replace(page, pairs=(replace(page.pairs[0], cells=cells),)), [], templates=TEMPLATES)

    assert "&lt;img src=x onerror=alert(1)&gt;" in made
    assert "<img" not in made


def test_each_metric_stands_once_in_the_sentence_on_a_pair(result: SessionResult) -> None:
    pair = compare_stacks(result, "fast", "slow").pairs[0]
    said = summary(pair)

    worse = [one.metric.phrase for one in pair.metrics if one.verdict is Verdict.SLOWER]

    assert said.startswith("slow is worse in throughput (ratio ")
    assert [1] * len(worse) == [said.count(f"{phrase} (ratio ") for phrase in worse]


def test_less_than_the_margin_is_neither_better_nor_worse(result: SessionResult) -> None:
    assert {"fast~again is the same within the margin in throughput, P50, P90, P99, CPU per request"} == {
        summary(pair).partition(" and ")[0].partition(", memory")[0]
        for pair in compare_stacks(result, "fast", "fast~again").pairs
    }


def test_code_of_an_own_app_may_have_changed_where_no_change_is_recorded(result: SessionResult) -> None:
    app = AppFacts(app="shop.main:app", interface="asgi", kind="a function", counted=True)
    own, other, none = (
        replace(result, session=replace(result.session, app=one))
        for one in (app, replace(app, app="shop.v2:app"), None)
    )
    said = "The code of shop.main:app is not recorded"

    assert [True, False, False] == [said in markdown.render(compare_sessions(own, one)) for one in (own, other, none)]
    assert ["app"] == [change.what for change in compare_sessions(own, other).changes]


def _data(made: str) -> Any:
    """The document that the page carries."""
    return json.loads(made.split('id="data">')[1].split("</script>", maxsplit=1)[0])
