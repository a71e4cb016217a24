"""A load that changes in steps: nobody is ranked, every rendering says why, and each step has its own numbers."""

import json as stdlib_json
from dataclasses import replace
from html import unescape
from re import sub
from typing import Any

import pytest

from stacklab.catalog.workspace import reference
from stacklab.model.traffic.load import LoadStep, Open
from stacklab.report.kit.numbers import NO_NUMBER
from stacklab.report.session import html, json, markdown, text
from stacklab.report.session.view import View, build_view
from stacklab.report.session.words.verdicts import verdicts

WHY = "No stack is ranked: the load changes in steps, and no single number describes all of them."


@pytest.fixture
def view(session: Any) -> View:
    """The session whose open loop asks the same rate all the time, but has two steps for it."""
    closed, other = session.plan.scenarios
    stepped = replace(other, load=Open(rate=600, steps=(LoadStep(at=1.0), LoadStep(at=1.0, to=0.5))))
    return build_view(replace(session, plan=replace(session.plan, scenarios=(closed, stepped))))


def test_the_other_scenario_is_ranked_and_this_one_is_not(view: View) -> None:
    assert {"echo"} == {scenario for scenario, _, _ in view.result.ranks}
    (open_loop,) = (one for one in verdicts(view) if one.scenario.name == "echo-open")
    assert (WHY,) == open_loop.sentences[0]
    assert not any("leads" in "".join(one) for one in open_loop.sentences)


def test_json_says_why_and_has_the_steps_under_keys_of_their_own(view: View) -> None:
    document = stdlib_json.loads(json.render(view))
    steps = document["steps"]["echo-open"]["fast"]

    assert {"echo-open": WHY} == document["unranked"]
    assert {"echo"} == set(document["ranks"]) == set(document["noise_floor"])
    assert [(600.0, 600.0), (600.0, 300.0)] == [(step["begins_at"], step["ends_at"]) for step in steps]
    assert [600.0, 599.0] == [step["offered_rps"]["value"] for step in steps]
    assert [3, 3] == [step["latency_ms"]["p50"]["n"] for step in steps]


def test_the_terminal_says_why_and_has_a_row_for_each_step(view: View) -> None:
    printed = " ".join(text.render_plain(view).split())

    assert f"GET /pause?ms=1. {WHY}" in printed
    assert "step 1: 600 req/s fast 600" in printed
    assert "step 2: 600 to 300 req/s fast 599" in printed


def test_markdown_says_why_and_has_a_row_for_each_step(view: View) -> None:
    lines = markdown.render(view).splitlines()

    assert any(WHY in line for line in lines)
    assert any(line.startswith("| 2 | 600 to 300 req/s | fast | 599") for line in lines)


def test_the_page_says_why_and_has_a_row_for_each_step(view: View) -> None:
    page = html.render(view, templates=reference() / "reports" / "templates")
    words = " ".join(unescape(sub(r"<[^>]*>", " ", page)).split())

    assert 2 == words.count(WHY) - page.count(f'"{WHY}"')
    assert "1 600 req/s fast 600" in words
    assert "2 600 to 300 req/s fast 599" in words


def test_the_stacks_stand_by_name(view: View) -> None:
    lines = markdown.render(view).splitlines()
    begin = lines.index("## echo-open")
    rows = [line for line in lines[begin:] if line.startswith(f"| {NO_NUMBER} | ")]

    assert ["fast", "fast-too", "liar", "slow"] == [row.split(" | ")[1] for row in rows][:4]
