"""Charts as inline SVG."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made.cells import with_values
from made.view import made_view
from stacklab.analysis.metrics import THROUGHPUT
from stacklab.analysis.rounds.cell import CellResult
from stacklab.report.kit.palette import Looks, looks_of
from stacklab.report.kit.ticks import even_ticks, log_ticks, spread
from stacklab.report.session import charts
from stacklab.report.session.dots import ROW, dots
from stacklab.report.session.view import ScenarioView, View

Draw = Callable[[ScenarioView, list[CellResult], Looks], str | None]

Drawings = dict[tuple[str, int], str]

DRAWN: dict[str, Draw] = {
    "wide": lambda scenario, cells, _: getattr(dots(scenario, cells), "wide", None),
    "narrow": lambda scenario, cells, _: getattr(dots(scenario, cells), "narrow", None),
    "distribution": charts.distribution,
    "timeline": charts.timeline,
    "resources": lambda scenario, cells, _: charts.resources(scenario, cells),
}


@pytest.fixture(scope="module")
def view() -> View:
    return made_view()


@pytest.fixture(scope="module")
def drawings(view: View) -> Drawings:
    """Every kind of chart for every scenario, drawn once."""
    return {(name, scenario): drawn(name, view, scenario) for name in DRAWN for scenario in range(3)}


def drawn(name: str, view: View, scenario: int) -> str:
    chosen = view.scenarios[scenario]
    cells = [cell for cell in view.result.cells if cell.scenario == chosen.name]
    svg = DRAWN[name](chosen, cells, looks_of(one.stack.name for one in view.result.stacks))
    assert svg is not None
    return svg


def alone(scenario: ScenarioView, cells: list[CellResult]) -> str:
    drawing = dots(scenario, cells)
    assert drawing is not None
    return drawing.narrow


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_cells_give_the_same_bytes(name: str, view: View, drawings: Drawings) -> None:
    assert drawn(name, view, 0) == drawings[name, 0]


def test_every_colour_is_one_of_the_theme(drawings: Drawings) -> None:
    assert re.findall(r"#[0-9a-f]{6}\b", "".join(drawings.values())) == []


def test_a_chart_is_well_formed(drawings: Drawings) -> None:
    assert {ET.fromstring(svg).tag for svg in drawings.values()} == {"svg"}  # noqa: S314 (our own drawings)


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_refers_only_to_what_it_holds(name: str, drawings: Drawings) -> None:
    held = re.findall(r' id="([^"]+)"', drawings[name, 0])

    assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', drawings[name, 0])) == set(held)


def test_charts_of_one_page_share_no_identifiers(drawings: Drawings) -> None:
    found = [i for svg in drawings.values() for i in re.findall(r' id="([^"]+)"', svg)]

    assert len(found) == len(set(found))


def test_text_stays_text(drawings: Drawings) -> None:
    assert ">gunicorn-gthread-flask</text>" in drawings["narrow", 0]


def test_a_failed_cell_has_its_name_on_the_chart_and_no_dot(view: View) -> None:
    scenario = view.scenarios[2]
    failed = next(cell for cell in view.result.cells if cell.scenario == scenario.name and not cell.rounds)
    other = next(cell for cell in view.result.cells if cell.scenario == scenario.name and cell.rounds)
    beside, by_itself = alone(scenario, [other, failed]), alone(scenario, [other])

    assert "gunicorn-sync-flask (failed)</text>" in beside
    assert by_itself.count("<use") == beside.count("<use")


def test_a_void_cell_says_so_and_is_grey(view: View) -> None:
    scenario = view.scenarios[1]
    void = [cell for cell in view.result.cells if cell.scenario == scenario.name and cell.validity == "void"]
    svg = alone(scenario, void)

    assert "waitress-flask (void)</text>" in svg
    assert "var(--accent)" not in svg.replace("stroke: var(--accent); stroke-opacity: 0.4", "")


def test_a_name_is_text_and_never_markup_or_mathematics(view: View) -> None:
    cell = replace(view.result.cells[1], stack="<b>$x^2$")
    svg = alone(view.scenarios[0], [cell])

    assert "&lt;b&gt;$x^2$" in svg


@pytest.mark.parametrize("name", ["distribution", "timeline"])
def test_nothing_is_drawn_of_cells_without_points(name: str, view: View) -> None:
    bare = [replace(cell, distribution=(), timeline=()) for cell in view.result.cells[:2]]

    assert DRAWN[name](view.scenarios[0], bare, looks_of(cell.stack for cell in bare)) is None


def test_a_cell_of_one_round_is_drawn_without_an_interval(view: View) -> None:
    cell = view.result.cells[1]
    once = with_values(cell, {"throughput_rps": [100.0]})

    assert once.estimates["throughput_rps"].low is None
    assert alone(view.scenarios[0], [once]).startswith("<svg")


def test_no_two_of_sixteen_stacks_look_the_same() -> None:
    found = looks_of(map(str, range(16))).values()

    assert len({(look.color, look.line, look.marker) for look in found}) == 16


@given(st.floats(1e-3, 1e6), st.floats(1.02, 1e6))
def test_a_logarithmic_axis_has_ticks_within_its_ends(low: float, ratio: float) -> None:
    ticks = log_ticks(low, low * ratio)

    assert len(ticks) >= 2
    assert all(low * 0.999 <= tick <= low * ratio * 1.001 for tick in ticks)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(1, 10_000, (1, 10, 100, 1000, 10_000)), (10, 200, (10, 20, 50, 100, 200)), (95, 130, (100, 110, 120, 130))],
)
def test_logarithmic_ticks_are_the_roundest_numbers_that_suffice(
    low: float, high: float, ticks: tuple[float, ...]
) -> None:
    assert log_ticks(low, high) == ticks


def test_even_ticks_are_round() -> None:
    assert even_ticks(0, 2) == (0, 0.5, 1, 1.5, 2)


@given(st.lists(st.floats(0, 1), max_size=12), st.floats(0.001, 0.2))
def test_labels_never_come_nearer_than_the_gap(positions: list[float], gap: float) -> None:
    placed = sorted(spread(positions, gap))

    assert all(b - a >= gap * 0.999 for a, b in pairwise(placed))


def test_labels_with_room_stay_where_they_are() -> None:
    assert spread((0.9, 0.1, 0.5), 0.05) == (0.9, 0.1, 0.5)


def test_versions_on_a_chart_keep_their_digits(view: View) -> None:
    cell = replace(view.result.cells[0], stack="fastapi==0.115.0+starlette==0.118.25")

    assert ">fastapi==0.115.0+starlette==0.118.25<" in alone(view.scenarios[0], [cell])


def test_the_scales_of_a_chart_read_its_values_off(view: View) -> None:
    cells = [cell for cell in view.result.cells if cell.scenario == view.scenarios[0].name]
    drawing = dots(view.scenarios[0], cells)
    assert drawing is not None
    first = drawing.scales["panels"][0]
    values = [found.value for cell in cells if (found := cell.of(THROUGHPUT))]

    assert (ROW, len(cells) * ROW) == (drawing.scales["row"], drawing.scales["h"] - 50)
    assert first["d"][0] < min(values) < max(values) < first["d"][1]
    assert 0 < first["x"][0] < first["x"][1] < drawing.scales["w"]
