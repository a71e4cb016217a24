"""A table says when pieces came where answers come in those, and is as wide as ever where they do not."""

from dataclasses import replace

import pytest

from made_view import made_view
from stacklab.model.verdict import Estimate
from stacklab.report.columns import PIECES
from stacklab.report.table import Table, table
from stacklab.report.text import render_plain
from stacklab.report.view import View


@pytest.fixture(name="view", scope="module")
def _view() -> View:
    """The first scenario is a stream; its first stack sends the pieces together."""
    view = made_view()
    streamed = view.scenarios[0].name
    value = {name: Estimate(value=11.0, low=10.0, high=12.0, n=3) for name in ("p50", "p99")}
    none = {name: Estimate(value=0.0, low=0.0, high=0.0, n=3) for name in ("p50", "p99")}
    cells = [
        replace(cell, first_byte_ms=value, gap_ms=value if number else none)
        if cell.scenario == streamed and cell.rounds
        else cell
        for number, cell in enumerate(view.cells)
    ]
    return replace(view, cells=tuple(cells))


def tables(view: View) -> tuple[Table, Table]:
    streamed, plain, *_ = (table(view, scenario) for scenario in view.scenarios)
    return streamed, plain


def test_only_a_scenario_in_pieces_has_their_columns(view: View) -> None:
    streamed, plain = tables(view)

    assert set(PIECES) < set(streamed.columns)
    assert not set(PIECES) & set(plain.columns)


def test_gaps_of_nothing_are_a_number(view: View) -> None:
    streamed, _ = tables(view)
    place = [column.key for column in streamed.columns].index("gap_p50")
    (kept,) = (row for row in streamed.rows if row.stack == view.cells[0].stack)

    assert kept.numbers[place] == "0"


def test_the_page_of_a_terminal_names_them_under_that_scenario_alone(view: View) -> None:
    streamed, _, plain = render_plain(view).partition(f"{view.scenarios[1].name}:")

    assert "First byte" in streamed
    assert "First byte" not in plain
