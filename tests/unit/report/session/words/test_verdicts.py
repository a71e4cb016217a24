"""The verdict on a scenario: from ranks to sentences that somebody can repeat."""

from dataclasses import replace

import pytest

from made.cells import made_cell, with_values
from made.view import changed, made_view
from stacklab.analysis.metrics import CPU, P50, P99, THROUGHPUT, Metric
from stacklab.analysis.rounds.cell import CellResult
from stacklab.model.measured.record import Failed, Stage
from stacklab.model.measured.verdict import Rank, Validity
from stacklab.model.plan import Cell
from stacklab.report.session.view import View
from stacklab.report.session.words.verdicts import Name, verdicts

RATES = {"a": [1000.0, 1002.0], "b": [991.0, 991.2], "c": [300.0, 301.0], "d": [100.0, 101.0]}
COSTS = {"a": [50.0, 51.0], "b": [200.0, 201.0], "c": [300.0, 301.0], "d": [400.0, 402.0]}


def ranks(*places: tuple[str, int, int]) -> tuple[Rank, ...]:
    return tuple(Rank(stack=stack, first=first, last=last) for stack, first, last in places)


def of(place: int, cells: tuple[CellResult, ...], **by: tuple[Rank, ...]) -> View:
    """A view of one scenario of the made one, with these cells and ranks."""
    view = made_view()
    metrics: dict[str, Metric] = {"rate": THROUGHPUT, "p99": P99, "p50": P50, "cpu": CPU}
    name = view.scenarios[place].name
    return changed(
        view,
        scenarios=view.scenarios[place : place + 1],
        cells=tuple(replace(cell, scenario=name) for cell in cells),
        ranks=tuple((name, metrics[key], found) for key, found in by.items()),
    )


def said(view: View) -> str:
    (verdict,) = verdicts(view)
    return verdict.text


CELLS = tuple(
    made_cell(name, values={"throughput_rps": RATES[name], "cpu_us_per_request": COSTS[name]}) for name in RATES
)
ALL_COSTS = ranks(("a", 1, 1), ("b", 2, 2), ("c", 3, 3), ("d", 4, 4))


def test_it_says_who_leads_who_may_be_as_good_at_what_cost_and_who_is_far_behind() -> None:
    view = of(0, CELLS, rate=ranks(("a", 1, 2), ("b", 1, 2), ("c", 3, 3), ("d", 4, 4)), cpu=ALL_COSTS)

    assert said(view) == (
        "a leads with 1\u202f000 req/s; b, with 991, may be as good. "
        "a takes the least CPU: 50 µs a request, 4.0 times less than b. "
        "d is 10 times behind; another one is more than 2 times behind."
    )


def test_a_leader_alone_is_called_by_a_pronoun() -> None:
    view = of(0, CELLS[:2], rate=ranks(("a", 1, 1), ("b", 2, 2)), cpu=ALL_COSTS[:2])

    assert said(view).endswith("It takes the least CPU: 50 µs a request, 4.0 times less than b.")


def test_names_are_marked_and_nothing_else() -> None:
    (verdict,) = verdicts(of(0, CELLS[:2], rate=ranks(("a", 1, 1), ("b", 2, 2))))

    assert ["a"] == [piece for one in verdict.sentences for piece in one if isinstance(piece, Name)]


def test_what_cannot_be_told_apart_is_not_ranked_and_its_price_is_told() -> None:
    view = of(0, CELLS[:2], rate=ranks(("a", 1, 2), ("b", 1, 2)), cpu=ALL_COSTS[:2])

    assert said(view) == (
        "By throughput, the two stacks cannot be told apart. a takes the least CPU: 50 µs a request, 4.0 times less "
        "than b."
    )


def test_an_open_loop_is_judged_by_p50_where_p99_tells_nobody_apart() -> None:
    cells = tuple(
        with_values(cell, {"p50": [ms, ms * 1.01], "p99": [9.0, 20.0]})
        for cell, ms in zip(CELLS[:2], (1, 3), strict=True)
    )
    tied = ranks(("a", 1, 2), ("b", 1, 2))

    assert said(of(1, cells, p99=tied, p50=ranks(("a", 1, 1), ("b", 2, 2)))) == (
        "Both stacks keep up with the offered rate. By P99, the two stacks cannot be told apart. By P50, a leads with "
        "1.00 ms."
    )


def test_too_few_rounds_name_a_number_and_no_leader() -> None:
    assert said(of(0, CELLS[:2])) == (
        "There are too few rounds to tell stacks apart. a has the best throughput: 1\u202f000 req/s."
    )


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        (("Traceback", "ModuleNotFoundError: No module named 'x'", ""), "ModuleNotFoundError: No module named 'x'."),
        ((), "exited with code 1."),
        (("long " * 100,), f"{('long ' * 100)[:140]}…"),
    ],
)
def test_a_stack_that_failed_is_named_with_the_last_line_of_its_log(tail: tuple[str, ...], reason: str) -> None:
    failed = Failed(
        cell=Cell(stack="e", scenario="s", round=1),
        started_at="",
        stage=Stage.BOOT,
        reason="exited with code 1",
        log_tail=tail,
    )
    view = of(0, (CELLS[0], made_cell("e", validity=Validity.VOID, failed=(failed,))), rate=ranks(("a", 1, 1)))

    assert said(view) == f"a is the only stack with a number that counts: 1\u202f000 req/s. e failed: {reason}"


def test_many_names_are_few_and_a_number() -> None:
    cells = tuple(made_cell(f"s{n}", values={"throughput_rps": [100.0 - n, 101.0 - n]}) for n in range(9))
    tied = ranks(*((cell.stack, 1, 8) for cell in cells[:8]), ("s8", 9, 9))

    assert said(of(0, cells, rate=tied)) == "s0 leads with 100 req/s; s1, s2 and 5 more may be as good."
