"""The matrix of the first screen, and the doubts beside it."""

from dataclasses import replace

from made.view import changed, made_view
from stacklab.analysis.metrics import THROUGHPUT
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.facts import cores
from stacklab.model.measured.verdict import Validity
from stacklab.report.kit.numbers import NO_NUMBER
from stacklab.report.session.matrix import LEAD, STEPS, matrix
from stacklab.report.session.words import trust


def test_times_behind_and_ranks_come_from_one_rule() -> None:
    """Whoever may be as good as the best has an equals sign, and nobody else."""
    view = made_view()
    found = matrix(view)
    for place, scenario in enumerate(view.scenarios):
        told = {
            rank.stack: rank.first > 1
            for name, metric, ranks in view.result.ranks
            if name == scenario.name and metric is THROUGHPUT
            for rank in ranks
        }
        for row in found.rows:
            cell = row.cells[place]
            if cell is not None and row.stack in told and cell.behind is not None:
                assert cell.told is told[row.stack]
                assert cell.text.startswith("=") is (not told[row.stack] and cell.behind >= 1.005)


def test_the_best_has_no_bar_and_the_worst_the_longest() -> None:
    bars = [cell.bar for row in matrix(made_view()).rows for cell in row.cells if cell is not None and cell.behind]

    assert (0, STEPS) == (min(bars), max(bars))


def test_what_failed_has_no_number_and_no_place_among_the_first() -> None:
    found = matrix(made_view())
    (failed,) = (row for row in found.rows if "failed" in row.standings)
    cell = failed.cells[failed.standings.index("failed")]

    assert (None, NO_NUMBER) == (cell.behind if cell else 0, cell.text if cell else "")
    assert failed.stack in {row.stack for row in found.rows[-2:]}


def test_the_script_has_every_metric_for_every_row() -> None:
    found = matrix(made_view())

    assert [LEAD, "p50", "cpu_us_per_request", "rss_mib"] == list(found.data)
    assert {(len(found.rows), len(found.scenarios))} == {
        (len(of["rows"]), len(of["heads"])) for of in found.data.values()
    }


def test_doubts_are_told_by_cause_failures_first() -> None:
    causes = trust.causes(made_view().result.cells)

    order = ["failed", "void", "suspect"]
    assert order == list(dict.fromkeys(str(one.makes) for one in causes))
    assert all(len(one.cells) == len(one.sentences) for one in causes)


def test_a_session_without_doubt_says_so() -> None:
    view = made_view()
    calm = changed(view, cells=tuple(cell for cell in view.result.cells if cell.standing == "valid"))

    assert trust.strip(calm)[0] == "All 15 results are free of doubt."


def test_doubtful_numbers_of_stacks_that_took_turns_leave_their_differences() -> None:
    view = made_view()
    busy = Caveat(kind=CaveatKind.HOST_BUSY, makes=Validity.SUSPECT, facts={"cores": cores(1.2)})
    turned = tuple(
        replace(cell, relative={"p50": {1: 1.0}}, validity=Validity.SUSPECT, caveats=(busy,))
        for cell in view.result.cells
        if cell.standing == "valid"
    )

    assert trust.strip(changed(view, cells=turned))[0] == (
        "The numbers of 0 of 15 results are free of doubt, the differences of all 15 (doubts: host-busy 15)."
    )
