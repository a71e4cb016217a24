"""A gate as JUnit XML, as a summary, as annotations and as JSON."""

import json as plain_json
from xml.etree import ElementTree as ET

from made.cells import made_cell
from stacklab.analysis.gates.judgement import Judgement, judged
from stacklab.analysis.gates.limits import failing, kept
from stacklab.model.promises import StatedPromise
from stacklab.report.gates import github, json, junit, text

OWNED = StatedPromise(keep=("cpu <= 1 ms",), name="cheap <orders>", owner="team-100%")


def judgements() -> tuple[Judgement, ...]:
    """One that holds and has an owner, one that fails, one that cannot be told."""
    cell = made_cell("a,b:c", "json", values={"cpu_us_per_request": (48.0, 50.0, 52.0), "p99": (48.0, 50.0, 52.0)})
    return judged(
        [cell],
        [(kept("cpu <= 1 ms", where=""), OWNED), (failing("p99 > 1 ms"), None), (failing("cpu > 50 us"), None)],
    )


def test_junit_has_a_case_for_each_and_the_owner_as_a_property() -> None:
    suites = ET.fromstring(junit.render(judgements(), session="20261201T\x1b[31m"))  # noqa: S314 (our own)
    cases = list(suites.iter("testcase"))

    assert ("3", "1", "1") == (suites.get("tests"), suites.get("failures"), suites.get("skipped"))
    assert ["system-out", "failure", "skipped"] == [list(case)[-1].tag for case in cases]
    assert ("cheap <orders>: cpu <= 1 ms", "a,b:c under json") == (cases[0].get("name"), cases[0].get("classname"))
    assert ["team-100%"] == [one.get("value") for one in suites.iter("property")]


def test_annotations_are_of_what_does_not_hold_and_escape_what_would_end_them() -> None:
    lines = list(github.annotations(judgements()))

    assert ["::error title=stacklab%3A p99 <= 1 ms fails", "::warning title=stacklab%3A cpu <= 50 us cannot tell"] == [
        line[: line.index("::", 2)] for line in lines
    ]
    assert "50 ms (45.0 to 55.0)" in lines[0]


def test_an_annotation_of_a_promise_with_a_percent_sign_is_one_line() -> None:
    cell = made_cell("stack", requests=1000, errors=(100, 100, 100))
    (line,) = github.annotations(judged([cell], [(kept("errors <= 1 %", where=""), OWNED)]))

    assert ("errors <= 1 %25" in line, "team-100%25" in line, line.count("\n")) == (True, True, 0)


def test_the_summary_is_a_table_with_three_answers() -> None:
    found = github.summary(judgements(), session="now")

    assert "### 3 promises: 1 holds, 1 fails and 1 cannot be told" == found.splitlines()[0]
    assert [True, True, True] == [mark in found for mark in ("✅ holds", "❌ fails", "❔ cannot tell")]


def test_the_terminal_says_the_same() -> None:
    found = text.render_plain(judgements())

    assert (True, True) == ("cpu <= 50 us" in found, "1 cannot be told" in found)


def test_json_has_the_answer_to_all_and_every_number() -> None:
    found = plain_json.loads(json.render(judgements(), session="now"))

    assert ("fails", ["holds", "fails", "cannot tell"]) == (
        found["answer"],
        [one["answer"] for one in found["judgements"]],
    )
    assert (1000.0, "team-100%") == (found["judgements"][0]["limit"], found["judgements"][0]["owner"])
