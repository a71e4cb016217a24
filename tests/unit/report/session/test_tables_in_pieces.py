"""Tables and comparisons say when pieces came where answers come in those, and are as ever where they do not."""

import pytest

from made.cells import with_values
from made.view import changed, made_view
from stacklab.analysis.comparison.compare import compare_stacks
from stacklab.analysis.comparison.result import Why
from stacklab.analysis.metrics import CHUNKS
from stacklab.model.measured.verdict import Verdict
from stacklab.report.session.text import render_plain
from stacklab.report.session.text_table import Table, table
from stacklab.report.session.view import View


@pytest.fixture(name="view", scope="module")
def _view() -> View:
    """The first scenario is a stream; its first stack sends the pieces together."""
    view = made_view()
    streamed = view.scenarios[0].name
    first_byte = {f"first_byte_{name}": [10.0, 11.0, 12.0] for name in ("p50", "p99")}
    gaps = {f"gap_{name}": [10.0, 11.0, 12.0] for name in ("p50", "p99")}
    none = {key: [0.0, 0.0, 0.0] for key in gaps}
    cells = tuple(
        with_values(cell, {**first_byte, **(gaps if number else none)})
        if cell.scenario == streamed and cell.rounds
        else cell
        for number, cell in enumerate(view.result.cells)
    )
    return changed(view, cells=cells)


def tables(view: View) -> tuple[Table, Table]:
    streamed, plain, *_ = (table(view, scenario) for scenario in view.scenarios)
    return streamed, plain


def test_only_a_scenario_in_pieces_has_their_columns(view: View) -> None:
    streamed, plain = tables(view)

    shown = {metric for metric in CHUNKS if metric.quantile in {"p50", "p99"}}
    assert (shown, set()) == ({*CHUNKS} & {*streamed.columns}, {*CHUNKS} & {*plain.columns})


def test_gaps_of_nothing_are_a_number(view: View) -> None:
    streamed, _ = tables(view)
    place = [column.key for column in streamed.columns].index("gap_p50")
    (kept,) = (row for row in streamed.rows if row.stack == view.result.cells[0].stack)

    assert kept.numbers[place] == "0"


def test_the_page_of_a_terminal_names_them_under_that_scenario_alone(view: View) -> None:
    streamed, _, plain = render_plain(view).partition(f"{view.scenarios[1].name}: {view.scenarios[1].load}")

    assert "First byte" in streamed
    assert "First byte" not in plain


def test_a_comparison_has_them_where_there_are_pieces(view: View) -> None:
    streamed, plain, *_ = compare_stacks(view.result, view.result.cells[0].stack, "gunicorn-gevent-flask").pairs
    found = {one.metric.key: one for one in streamed.metrics}

    assert {"first_byte_p50", "first_byte_p99", "gap_p50", "gap_p99"} == {
        one.metric.key for one in streamed.metrics
    } - {one.metric.key for one in plain.metrics}
    assert (1.0, Verdict.SAME) == (found["first_byte_p50"].ratio, found["first_byte_p50"].verdict)
    assert (None, Why.ZERO) == (found["gap_p50"].verdict, found["gap_p50"].why)
