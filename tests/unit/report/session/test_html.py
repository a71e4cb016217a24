"""The page: what is on it, and what must never be."""

import json
import re
import shutil
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import ANY

import pytest

from made.cells import with_values
from made.view import NASTY, changed, made_view
from stacklab.analysis.rounds.contests import noise_floors
from stacklab.analysis.rounds.estimate import estimate
from stacklab.catalog.workspace import reference
from stacklab.errors import UsageError
from stacklab.model.measured.verdict import Estimate
from stacklab.model.own_app import AppFacts, LeftOut
from stacklab.report.caveats import sentence
from stacklab.report.kit.numbers import UP_TO
from stacklab.report.session import html
from stacklab.report.session.view import View

VOID_ELEMENTS = {"meta", "link", "input"}


class Outline(HTMLParser):
    """Elements, attributes and text of a page, as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"script", "style"}:
            self.text.append(data)


TEMPLATES = reference() / "reports" / "templates"


def render(view: View) -> str:
    return html.render(view, templates=TEMPLATES)


@pytest.fixture(scope="module")
def view() -> View:
    return made_view()


@pytest.fixture(scope="module")
def page(view: View) -> str:
    return render(view)


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    return Outline(page)


@pytest.fixture(scope="module")
def brief(view: View) -> View:
    """One scenario of it: enough where the number of charts does not matter."""
    return changed(view, scenarios=view.scenarios[2:], noise_floors={})


@pytest.fixture(scope="module")
def bare(view: View) -> View:
    """A session in which nothing was run."""
    return changed(view, cells=(), profiles=(), ranks=(), skipped=(), noise_floors={})


def test_the_same_view_gives_the_same_bytes(view: View, page: str) -> None:
    assert render(view) == page


def test_every_element_is_closed(outline: Outline) -> None:
    assert outline.open == []


def test_the_glossary_says_how_the_percentiles_of_rounds_become_one(outline: Outline) -> None:
    text = " ".join("".join(outline.text).split())

    assert estimate([2.0, 4.0]) == Estimate(value=3.0, low=0.0, high=ANY, n=2)
    assert "the number shown is the mean over the rounds" in text


def test_each_request_has_its_own_method(view: View) -> None:
    scenario = replace(view.scenarios[0], requests=("POST /order", "WebSocket /echo"))
    text = "".join(Outline(render(replace(view, scenarios=(scenario,)))).text)

    assert "POST /order, WebSocket /echo" in text


def test_a_script_in_a_log_is_text(outline: Outline) -> None:
    assert NASTY in "".join(outline.text)


def test_nothing_in_a_log_can_add_an_element(brief: View) -> None:
    calm = changed(brief, cells=tuple(replace(cell, failed=()) for cell in brief.result.cells))
    told = Outline(render(brief)).elements

    assert (told["script"], told["img"]) == (Outline(render(calm)).elements["script"], 0)


def test_names_cannot_break_out_of_attributes(view: View) -> None:
    nasty = '"><img src=x>'
    scenario = replace(view.scenarios[0], name=nasty)
    cells = tuple(replace(cell, scenario=nasty) for cell in view.result.cells if cell.scenario == "json-closed")
    page = render(changed(view, scenarios=(scenario,), cells=cells, profiles=(), ranks=()))

    assert Outline(page).elements["img"] == 0


def test_an_app_of_ones_own_is_named_with_what_was_not_asked_of_it(brief: View) -> None:
    left_out = (LeftOut(reason="with status 404", count=3), LeftOut(reason="POST", count=2))
    app = AppFacts(app="shop.main:app", interface="asgi", kind="a function", counted=False, left_out=left_out)
    text = " ".join(
        "".join(Outline(render(changed(brief, session=replace(brief.result.session, app=app)))).text).split()
    )

    assert f"Which of {len(brief.result.stacks)} servers serves shop.main:app best?" in text
    assert "shop.main:app: a function, ASGI; its requests were not counted" in text
    assert "3 with status 404; 2 POST" in text


def test_the_page_names_no_address_to_fetch(outline: Outline) -> None:
    fetched = {
        value
        for _, name, value in outline.attributes
        if name in {"src", "href", "srcset", "action", "data", "poster"} and not value.startswith(("#", "data:"))
    }

    assert fetched == set()


def test_the_policy_allows_no_network(page: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)

    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]


def test_no_element_has_a_style_of_its_own(outline: Outline) -> None:
    assert [tag for tag, name, _ in outline.attributes if name == "style" or name.startswith("on")] == []


def test_styles_load_nothing(page: str) -> None:
    assert re.findall(r"url\((?!#)|@import", page) == []


def test_identifiers_are_unique(outline: Outline) -> None:
    counts = Counter(value for _, name, value in outline.attributes if name == "id")

    assert [one for one, n in counts.items() if n > 1] == []


def test_links_within_the_page_lead_somewhere(outline: Outline) -> None:
    ids = {value for _, name, value in outline.attributes if name == "id"}
    links = {value[1:] for tag, name, value in outline.attributes if (tag, name) == ("a", "href")}

    assert links - ids == set()


def test_every_caveat_is_a_sentence_on_the_page(view: View, outline: Outline) -> None:
    text = "".join(outline.text)

    assert [said for cell in view.result.cells for said in map(sentence, cell.caveats) if said not in text] == []


def test_what_failed_alike_is_told_once(outline: Outline) -> None:
    assert "".join(outline.text).count("Failed at boot: ") == 1


def test_a_failed_cell_has_its_reason_in_the_table_and_no_numbers(page: str) -> None:
    row = re.search(r'<tr data-stack="gunicorn-sync-flask" data-standing="failed">.*?</tr>', page, re.DOTALL)

    assert row is not None
    assert "failed at boot: the server ended with exit status 3" in row[0]
    assert 'class="n"' not in row[0]


def test_closed_loops_are_labelled_as_no_latency_under_load(view: View, page: str) -> None:
    closed = sum(not scenario.is_open for scenario in view.scenarios)

    assert page.count("not</strong> those of a given load") == closed


def test_open_loops_show_the_service_time_as_well(page: str) -> None:
    assert page.count("Service time, ms</th>") == 1


def test_what_is_only_a_lower_bound_says_so(page: str) -> None:
    assert "≥ " in page


def test_a_rank_is_a_range_where_no_more_is_certain(page: str) -> None:
    table = page[page.index('id="scenario-1"') : page.index('id="scenario-2"')]

    ranks = re.findall(rf'data-value="([\d{UP_TO}]+)">\1<', table)
    assert [rank.replace(UP_TO, " to ") for rank in ranks] == ["1", "2", "3 to 4", "3 to 5", "4 to 5", "6"]


def test_a_chart_is_a_sentence_and_a_table_as_well(outline: Outline) -> None:
    text = "".join(outline.text)

    assert (9, 9) == (text.count("Show as table"), len(re.findall(r"(?:Tails|Over time|Cost)\. [A-Z]", text)))


def test_a_failed_profile_shows_the_reason_and_what_to_do(outline: Outline) -> None:
    assert "sysctl kernel.yama.ptrace_scope=1" in "".join(outline.text)


def test_skipped_pairs_are_listed_with_reasons(outline: Outline) -> None:
    assert "mistake exists for ASGI only" in "".join(outline.text)


def test_what_cannot_be_read_is_unavailable(outline: Outline) -> None:
    assert "unavailable" in outline.text


def test_the_data_of_the_page_can_be_read_back(view: View, page: str) -> None:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)

    assert found is not None
    assert [cell["stack"] for cell in json.loads(found[1])["cells"]] == [cell.stack for cell in view.result.cells]


def test_eight_stacks_and_three_scenarios_stay_within_a_megabyte_and_a_half(view: View) -> None:
    more = tuple(
        replace(one, stack=replace(one.stack, name=f"{one.stack.name}-{n}"))
        for n in range(2)
        for one in view.result.stacks[:4]
    )
    cells = tuple(
        replace(cell, stack=f"{cell.stack}-{n}")
        for n in range(2)
        for cell in view.result.cells
        if cell.stack in {one.stack.name for one in view.result.stacks[:4]}
    )

    assert len(render(changed(view, stacks=more, cells=cells, ranks=())).encode()) < 1_500_000


def test_a_session_without_any_run_is_a_page(bare: View) -> None:
    assert "No stack has a number that counts." in render(bare)


def test_an_own_template_is_used(tmp_path: Path, bare: View) -> None:
    own = shutil.copytree(TEMPLATES, tmp_path / "templates")
    (own / "page.html").write_text("<p>{{ view.result.session.name }}")

    assert html.render(bare, templates=own) == "<p>20261120T101500Z-7f3a"


def test_a_missing_template_is_named(tmp_path: Path, bare: View) -> None:
    with pytest.raises(UsageError, match=re.escape(str(tmp_path / "page.html"))):
        html.render(bare, templates=tmp_path)


def test_a_broken_template_is_named_with_its_line(tmp_path: Path, bare: View) -> None:
    (tmp_path / "page.html").write_text("\n{% for %}")

    with pytest.raises(UsageError, match=r"page\.html, line 2"):
        html.render(bare, templates=tmp_path)


def test_the_pair_behind_the_noise_floor_is_shown(view: View) -> None:
    first = view.result.cells[0]
    floors = noise_floors(view.result.cells, (first,))
    text = " ".join(Outline(render(changed(view, twins=(first,), noise_floors=floors))).text)

    assert "was measured a second time under another name" in text
    assert "noise floor" in text
    assert "0\u202f%" in text


def test_without_a_twin_there_is_no_noise_floor_to_show(outline: Outline) -> None:
    assert "was measured twice" not in " ".join(outline.text)


def test_instructions_that_are_not_counted_are_unavailable_and_why(view: View) -> None:
    silent = changed(view, host=replace(view.result.host, no_instructions="The processor exposes no counter for them."))

    assert "Instructions per request: unavailable. The processor exposes no counter for them." in render(silent)


def test_instructions_that_are_counted_stand_in_the_table(view: View) -> None:
    counted = {"instructions_per_request": [123_400.0, 123_456.0, 123_512.0]}
    cells = tuple(with_values(cell, counted) for cell in view.result.cells)
    text = " ".join(Outline(render(changed(view, cells=cells))).text)

    assert "123\u202f456" in text
    assert "Instructions per request: unavailable" not in text


def test_a_session_without_rounds_says_nothing_of_them() -> None:
    view = made_view()
    counted = replace(view, result=replace(view.result, session=replace(view.result.session, rounds=0)))

    assert "<dt>Rounds</dt>" in html.render(view, templates=TEMPLATES)
    assert "<dt>Rounds</dt>" not in html.render(counted, templates=TEMPLATES)
