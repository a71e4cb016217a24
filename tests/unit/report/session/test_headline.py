"""The sentences of the page: the answer above it, and the captions under its charts."""

import re
from dataclasses import replace

import pytest

from made.cells import with_values
from made.view import changed, made_view
from stacklab.analysis.metrics import P50, P99, THROUGHPUT, lead
from stacklab.analysis.rounds.cell import CellResult, in_order
from stacklab.model.own_app import AppFacts
from stacklab.model.verdict import Rank
from stacklab.report.session import captions
from stacklab.report.session.headline import answer, best
from stacklab.report.session.view import View


@pytest.fixture(scope="module")
def view() -> View:
    return made_view()


def of(view: View, scenario: str) -> list[CellResult]:
    return [cell for cell in view.result.cells if cell.scenario == scenario]


def test_the_answer_counts_what_can_be_believed(view: View) -> None:
    assert "Of 18 pairs of stack and scenario, 15 are valid, 1 is suspect, 1 is void and 1 is failed." in " ".join(
        answer(view)
    )


def test_the_answer_names_an_app_of_ones_own(view: View) -> None:
    app = AppFacts(app="shop.main:app", interface="wsgi", kind="a flask.app.Flask", counted=True)
    own = changed(view, session=replace(view.result.session, app=app))

    assert answer(own)[0].startswith(f"shop.main:app on {len(view.result.stacks)} servers, ")


def test_the_answer_states_the_noise_floor_of_the_numbers_that_rank(view: View) -> None:
    assert answer(view)[-1] == (
        "Two identical stacks may differ here by up to 3.1\u202f% to 5.2\u202f% in throughput and 12\u202f% in P99, "
        "by scenario."
    )


def test_the_answer_states_what_such_a_session_tells_apart(view: View) -> None:
    seen = {view.scenarios[0].name: {"throughput_rps": 0.08}, view.scenarios[2].name: {"throughput_rps": 0.1}}

    assert answer(changed(view, sees=seen))[-1].startswith(
        "Four of five such sessions detect differences of 8\u202f% to 10\u202f% in throughput, by scenario. Two "
    )


def test_a_stack_that_is_told_from_itself_makes_a_scenario_suspect(view: View) -> None:
    alarmed = changed(view, alarms=((view.scenarios[0].name, THROUGHPUT),))

    assert "Differences in throughput under json-closed are suspect:" in answer(alarmed)[-1]
    assert best(alarmed, view.scenarios[0])[1].endswith(
        "Suspect: the stack that was measured twice differs from itself."
    )
    assert "Suspect" not in best(alarmed, view.scenarios[1])[1]


def test_an_unknown_noise_floor_is_admitted(view: View) -> None:
    assert "was not measured" in answer(changed(view, noise_floors={}))[-1]


def test_a_noise_floor_of_nothing_that_ranks_is_admitted(view: View) -> None:
    floors = {scenario.name: {"rss_mib": 0.02} for scenario in view.scenarios}

    assert answer(changed(view, noise_floors=floors))[-1].endswith("was not measured.")


def test_an_interrupted_session_says_how_to_go_on(view: View) -> None:
    cut = changed(view, session=replace(view.result.session, missing=7))

    assert f"resume it with `stacklab run --resume {view.result.session.name}`." in " ".join(answer(cut))


def test_the_best_of_a_closed_loop_has_the_highest_throughput(view: View) -> None:
    leaders, sentence = best(view, view.scenarios[0])

    assert leaders == ("uvicorn-uvloop-starlette",)
    assert sentence.startswith("Highest throughput: 6")
    assert sentence.endswith(" This session tells 13 of 15 pairs of stacks apart.")


@pytest.mark.parametrize(
    ("ranks", "said"),
    [
        ([(1, 1), (2, 2), (3, 3)], "This session tells all stacks apart."),
        ([(1, 2), (1, 3), (2, 3)], "This session tells 1 of 3 pairs of stacks apart."),
        ([(1, 3), (1, 3), (1, 3)], "This session tells no two stacks apart."),
        ([(1, 1)], ""),
    ],
)
def test_the_card_says_how_much_is_told_apart(view: View, ranks: list[tuple[int, int]], said: str) -> None:
    stacks = [rank.stack for rank in view.result.ranks[0][2]]
    found = tuple(Rank(stack=stack, first=a, last=b) for stack, (a, b) in zip(stacks, ranks, strict=False))

    _, sentence = best(changed(view, ranks=(("json-closed", THROUGHPUT, found),)), view.scenarios[0])

    assert said == "".join(sentence.partition("This session")[1:])


def test_stacks_that_are_not_told_apart_are_said_not_to_be(view: View) -> None:
    leaders, sentence = best(view, view.scenarios[1])

    assert leaders == ("uvicorn-uvloop-starlette", "gunicorn-gevent-flask")
    assert re.match(r"Lowest P99: [\d.]+ to [\d.]+ ms, not told apart\. ", sentence)


def test_where_there_are_too_few_rounds_to_rank_no_stack_leads(view: View) -> None:
    leaders, sentence = best(view, view.scenarios[2])

    assert leaders == ()
    assert sentence.startswith("There are too few rounds to tell stacks apart, so none is ranked.")


def test_a_scenario_without_p99_is_ranked_by_p50(view: View) -> None:
    ranks = (("io-async-open", P50, (Rank(stack="gunicorn-gevent-flask", first=1, last=1),)),)

    assert best(changed(view, ranks=ranks), view.scenarios[1])[1].startswith("Lowest P50:")


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


def test_the_caption_of_a_comparison_says_how_far_apart_the_ends_are(view: View) -> None:
    caption = captions.compared(of(view, "json-closed"), THROUGHPUT)

    assert caption.startswith("In throughput, uvicorn-uvloop-starlette and gunicorn-sync-flask are a factor of 4.")


def test_a_comparison_of_nobody_says_so(view: View) -> None:
    assert captions.compared([], THROUGHPUT).startswith("No stack has a number that can be ranked")


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
