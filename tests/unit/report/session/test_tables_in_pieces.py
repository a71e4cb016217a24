"""Tables and comparisons say when pieces came where answers come in those, and are as ever where they do not."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from made_view import made_view
from stacklab.model.verdict import Estimate, Verdict
from stacklab.report.comparison.compare import compare_stacks
from stacklab.report.session.columns import PIECES
from stacklab.report.session.table import Table, table
from stacklab.report.session.text import render_plain
from stacklab.report.session.view import CellView, View


@pytest.fixture(name="view", scope="module")
def _view() -> View:
    """The first scenario is a stream; its first stack sends the pieces together."""
    view = made_view()
    streamed = view.scenarios[0].name
    value = {name: Estimate(value=11.0, low=10.0, high=12.0, n=3) for name in ("p50", "p99")}
    none = {name: Estimate(value=0.0, low=0.0, high=0.0, n=3) for name in ("p50", "p99")}

    def in_pieces(cell: CellView, gap_ms: Mapping[str, Estimate]) -> CellView:
        return replace(
            cell,
            first_byte_ms=value,
            gap_ms=gap_ms,
            rounds=tuple(
                replace(
                    one,
                    first_byte_ms=dict.fromkeys(value, 11.0 + one.round),
                    gap_ms={name: gap.value for name, gap in gap_ms.items()},
                )
                for one in cell.rounds
            ),
        )

    cells = [
        in_pieces(cell, value if number else none) if cell.scenario == streamed and cell.rounds else cell
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


def test_a_comparison_has_them_where_there_are_pieces(view: View) -> None:
    streamed, plain, *_ = compare_stacks(view, view.cells[0].stack, "gunicorn-gevent-flask").pairs
    found = {one.metric: one for one in streamed.metrics}

    assert {"first_byte_p50", "first_byte_p99", "gap_p50", "gap_p99"} == {one.metric for one in streamed.metrics} - {
        one.metric for one in plain.metrics
    }
    assert (1.0, Verdict.TIE) == (found["first_byte_p50"].ratio, found["first_byte_p50"].verdict)
    assert (None, "zero is in no ratio") == (found["gap_p50"].verdict, found["gap_p50"].why)
