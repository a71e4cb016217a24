"""A scenario with several routes: every rendering and every comparison has the numbers of each, and what failed."""

import json as stdlib_json
from csv import reader
from dataclasses import replace
from html import unescape
from re import sub
from typing import Any

import pytest

from stacklab.analysis.comparison.compare import compare_sessions, compare_stacks
from stacklab.analysis.metrics import P50
from stacklab.catalog.workspace import reference
from stacklab.model.traffic.scenario import CallSpec
from stacklab.report.comparison import json as comparison_json
from stacklab.report.comparison import markdown as comparison_markdown
from stacklab.report.comparison import text as comparison_text
from stacklab.report.comparison.words import ROUTES_HAVE_NO_VERDICT
from stacklab.report.session import csv, html, json, markdown, text
from stacklab.report.session.view import View, build_view

CALLS = (CallSpec(endpoint="json", weight=1), CallSpec(endpoint="pause", query="ms=1", weight=1))


@pytest.fixture
def view(session: Any) -> View:
    """The session whose closed loop has two routes, called in turn."""
    closed, other = session.plan.scenarios
    routed = replace(closed, calls=CALLS)
    return build_view(replace(session, plan=replace(session.plan, scenarios=(routed, other))))


def test_json_has_each_route_and_each_kind_of_failure(view: View) -> None:
    cells = {(cell["stack"], cell["scenario"]): cell for cell in stdlib_json.loads(json.render(view))["cells"]}
    liar = cells["liar", "echo"]

    assert [("json", "GET", "/json", 1), ("pause", "GET", "/pause?ms=1", 1)] == [
        (one["route"], one["method"], one["path"], one["weight"]) for one in liar["routes"]
    ]
    assert liar["requests"] == sum(one["requests"] for one in liar["routes"])
    assert liar["errors"] == sum(one["errors"] for one in liar["routes"])
    assert [(503, "ServiceError: try again")] * 2 == [(one["status"], one["server_log"]) for one in liar["failures"]]
    assert {("json", '{"error": "try again | <later>"}'), ("pause", None)} == {
        (one["route"], one["first_body"]) for one in liar["failures"]
    }
    assert [] == cells["fast", "echo"]["failures"] == cells["fast", "echo-open"]["routes"]


def test_the_terminal_has_a_row_for_each_route_and_stack(view: View) -> None:
    printed = " ".join(text.render_plain(view).split())

    assert "json: GET /json, weight 1 fast " in printed
    assert "pause: GET /pause?ms=1, weight 1 fast " in printed
    assert "liar: json: GET /json: 503 Service Unavailable, " in printed


def test_markdown_has_a_row_for_each_route_and_stack(view: View) -> None:
    lines = markdown.render(view).splitlines()

    assert any(line.startswith("| json: GET /json, weight 1 | fast | ") for line in lines)
    assert any(line.startswith("| liar | pause: GET /pause?ms=1 | 503 Service Unavailable | ") for line in lines)


def test_the_page_has_a_row_for_each_route_and_what_failed(view: View) -> None:
    rendered = html.render(view, templates=reference() / "reports" / "templates")
    words = " ".join(unescape(sub(r"<[^>]*>", " ", rendered)).split())

    assert "pause: GET /pause?ms=1 1 fast " in words
    assert "liar json: GET /json 503 Service Unavailable" in words
    assert '{"error": "try again | <later>"} ServiceError: try again' in words


def test_the_csv_has_the_numbers_of_routes_behind_those_of_cells(view: View) -> None:
    head, *rows = list(reader(csv.render(view).splitlines()))
    routes = {(row[0], row[-1]) for row in rows if row[1] == "echo" and row[3] == "p50"}

    assert "route" == head[-1]
    assert {("fast", ""), ("fast", "json: GET /json"), ("fast", "pause: GET /pause?ms=1")} <= routes


def test_two_stacks_are_compared_route_by_route(view: View) -> None:
    compared = compare_stacks(view.result, "fast", "slow")
    echo = next(pair for pair in compared.pairs if pair.scenario.name == "echo")
    (route, _) = echo.routes
    found = route.differences[P50.key]
    between = found.interval()

    assert ("json", 2) == (route.route.name, found.n)
    assert found.ratio == pytest.approx(2.5, rel=0.01)
    assert between is not None
    assert between[0] < found.ratio < between[1]


def test_a_comparison_shows_its_routes_in_every_rendering(view: View) -> None:
    compared = compare_stacks(view.result, "fast", "slow")
    printed = " ".join(comparison_text.render_plain(compared).split())
    lines = comparison_markdown.render(compared).splitlines()
    pairs = {pair["scenario"]: pair for pair in stdlib_json.loads(comparison_json.render(compared, ()))["pairs"]}

    assert ROUTES_HAVE_NO_VERDICT in printed
    assert "json: GET /json P50 " in printed
    assert any(line.startswith("| pause: GET /pause?ms=1 | P99 | ") for line in lines)
    assert (2, 0) == (len(pairs["echo"]["routes"]), len(pairs["echo-open"]["routes"]))
    assert pairs["echo"]["routes"][0]["metrics"][0]["ratio"] == pytest.approx(2.5, rel=0.01)


def test_rounds_of_two_sessions_are_not_paired_so_their_ratios_have_no_interval(view: View) -> None:
    compared = compare_sessions(view.result, view.result)
    (found,) = {
        (one.differences[P50.key].ratio, one.differences[P50.key].interval())
        for pair in compared.pairs
        for one in pair.routes
        if pair.names[0] == "fast"
    }

    assert (1.0, None) == found
