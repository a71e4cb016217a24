"""The sentences of the page: the answer above it, and the captions under its charts."""

from dataclasses import replace

import pytest

from made.cells import with_values
from made.view import changed, made_view
from stacklab.analysis.metrics import P50, P99, THROUGHPUT, lead
from stacklab.analysis.rounds.cell import CellResult, in_order
from stacklab.model.own_app import AppFacts
from stacklab.report.session.view import View
from stacklab.report.session.words import captions
from stacklab.report.session.words.headline import answer


@pytest.fixture(scope="module")
def view() -> View:
    return made_view()


def of(view: View, scenario: str) -> list[CellResult]:
    return [cell for cell in view.result.cells if cell.scenario == scenario]


def test_the_answer_counts_what_can_be_believed(view: View) -> None:
    assert answer(view)[-1] == (
        "15 of 18 results are free of doubt (doubts: driver-busy 1, errors 1, rate-missed 1; 1 failed)."
    )


def test_the_answer_names_an_app_of_ones_own(view: View) -> None:
    app = AppFacts(app="shop.main:app", interface="wsgi", kind="a flask.app.Flask", counted=True)
    own = changed(view, session=replace(view.result.session, app=app))

    assert answer(own)[0].startswith(f"shop.main:app on {len(view.result.stacks)} servers, ")


def test_the_answer_states_what_such_a_session_tells_apart(view: View) -> None:
    first, second, third = (scenario.name for scenario in view.scenarios)
    seen = {first: {"throughput_rps": 0.08}, second: {"p99": 3.0}, third: {"throughput_rps": 0.1}}

    assert answer(changed(view, sees=seen))[-1] == (
        f"Four of five such sessions detect a difference of 8\u202f% ({first}) and 10\u202f% ({third}). "
        f"P99 under {second} scatters too much to rank stacks."
    )


def test_a_stack_that_is_told_from_itself_makes_a_scenario_suspect(view: View) -> None:
    alarmed = changed(view, alarms=((view.scenarios[0].name, THROUGHPUT),))

    assert answer(alarmed)[-1] == (
        "Suspect: a stack that was measured twice differs from itself in throughput under json-closed."
    )


def test_an_interrupted_session_says_how_to_go_on(view: View) -> None:
    cut = changed(view, session=replace(view.result.session, missing=7))

    assert f"resume it with `stacklab run --resume {view.result.session.name}`." in " ".join(answer(cut))


def test_open_loops_are_about_latency_and_closed_ones_about_throughput(view: View) -> None:
    assert [lead(scenario.kind) for scenario in view.scenarios] == [THROUGHPUT, P99, THROUGHPUT]


def test_void_and_failed_cells_stand_last_however_good_their_numbers(view: View) -> None:
    cells = [
        with_values(cell, {"p50": [0.001] * 3}) if cell.validity == "void" else cell
        for cell in of(view, "io-async-open")
    ]

    assert in_order(cells, P50)[-1].stack == "waitress-flask"


def test_a_void_cell_is_never_ranked(view: View) -> None:
    assert [cell.stack for cell in of(view, "io-async-open") if not cell.ranks_by(P99)] == ["waitress-flask"]


def test_a_drift_within_the_run_is_named(view: View) -> None:
    cell = replace(of(view, "json-closed")[0], timeline=tuple((s / 10, 1.0 + s, 9.0) for s in range(9)))

    assert captions.over_time([cell]).startswith(
        "Not steady from the first to the last third of the run: the median of gunicorn-sync-flask (up 300"
    )


def test_slices_without_requests_do_not_count_as_a_drift(view: View) -> None:
    nan = float("nan")
    cell = replace(of(view, "json-closed")[0], timeline=tuple((s / 10, nan if s == 4 else 1.0, 9.0) for s in range(9)))

    assert captions.over_time([cell]).startswith("No median changed")


def test_a_short_run_has_no_course(view: View) -> None:
    cell = replace(of(view, "json-closed")[0], timeline=((0.0, 1.0, 2.0),))

    assert captions.over_time([cell]) == "No run has enough slices to show a trend."


def test_the_cheapest_and_the_dearest_request_are_named(view: View) -> None:
    caption = captions.costed(of(view, "json-closed"))

    assert "(uvicorn-uvloop-starlette)" in caption
    assert "(gunicorn-sync-flask)" in caption


def test_processor_time_that_cannot_be_read_is_not_zero(view: View) -> None:
    cells = [with_values(cell, {"cpu_us_per_request": []}) for cell in of(view, "json-closed")]

    assert captions.costed(cells) == "Processor time could not be read here."


def test_an_uneven_share_of_the_work_is_told_beside_the_fair_one(view: View) -> None:
    cell = replace(view.result.cells[0], worker_shares=(0.7, 0.3))

    assert captions.shared_out(cell) == (
        "The busiest of 2 workers sent 70\u202f% of the responses; an equal share is 50\u202f%."
    )
