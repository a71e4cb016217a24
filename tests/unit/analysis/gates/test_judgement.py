"""Promises and cells: what holds, what fails, and what cannot be told."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from made.cells import made_cell
from stacklab.analysis.capacity.result import BootResult, CapacityDoubt, CapacityResult
from stacklab.analysis.gates.judgement import Answer, Judgement, Untold, judged, judged_capacities, worst
from stacklab.analysis.gates.limits import failing, kept
from stacklab.analysis.metrics import Measured
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.rounds.routes import RouteResult
from stacklab.errors import UsageError
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.record import Failed, Stage
from stacklab.model.measured.verdict import Estimate, Validity
from stacklab.model.plan import Cell
from stacklab.model.promise import parse
from stacklab.model.promises import StatedPromise
from stacklab.model.traffic.route import Route

STEADY = (48.0, 49.0, 50.0, 51.0, 52.0)
"""Mean 50, with an interval of about 48 to 52."""


def p99_cell(values: Sequence[float] = STEADY, **rest: Any) -> CellResult:
    return made_cell("stack", "json", values={"p99": values}, **rest)


def suspect(*kinds: CaveatKind, makes: Validity = Validity.SUSPECT) -> dict[str, Any]:
    return {"validity": makes, "caveats": tuple(Caveat(kind=kind, makes=makes) for kind in kinds)}


def one(cell: CellResult, text: str) -> Judgement:
    (found,) = judged([cell], [(failing(text), None)])
    return found


@pytest.mark.parametrize(
    ("limit", "answer"),
    [
        ("p99 > 60 ms", Answer.HOLDS),
        ("p99 > 52.1 ms", Answer.HOLDS),
        ("p99 > 51 ms", Answer.CANNOT_TELL),
        ("p99 > 50 ms", Answer.CANNOT_TELL),
        ("p99 > 49 ms", Answer.CANNOT_TELL),
        ("p99 > 47.9 ms", Answer.FAILS),
    ],
)
def test_the_whole_interval_decides_and_not_the_point(limit: str, answer: Answer) -> None:
    assert answer is one(p99_cell(), limit).answer


@pytest.mark.parametrize(
    ("limit", "answer"),
    [
        ("throughput < 40 rps", Answer.HOLDS),
        ("throughput < 50 rps", Answer.CANNOT_TELL),
        ("throughput < 60 rps", "fails"),
    ],
)
def test_what_should_be_large_is_held_against_its_lower_end(limit: str, answer: Answer) -> None:
    assert answer == one(made_cell("stack", values={"throughput_rps": STEADY}), limit).answer


def test_what_cannot_be_told_names_the_rounds_that_would_tell() -> None:
    found = one(p99_cell(), "p99 > 51 ms")

    assert (True, None) == (10 <= (found.rounds or 0) <= 14, one(p99_cell(), "p99 > 60 ms").rounds)


def test_one_round_has_no_interval() -> None:
    found = one(p99_cell([50.0]), "p99 > 10 ms")

    assert (Answer.CANNOT_TELL, Untold.ONE_ROUND) == (found.answer, found.why)


def test_a_number_that_is_missing_is_not_a_pass() -> None:
    found = one(made_cell("stack", values={"p50": STEADY}), "p99 > 10 ms")

    assert (Answer.CANNOT_TELL, Untold.FEW_REQUESTS) == (found.answer, found.why)


def test_a_lower_bound_fails_a_promise_and_never_keeps_it() -> None:
    cell = p99_cell(at_least=["p99"])

    assert [Answer.FAILS, Answer.CANNOT_TELL] == [one(cell, text).answer for text in ("p99 > 40 ms", "p99 > 60 ms")]


@pytest.mark.parametrize(
    ("requests", "errors", "answer"),
    [
        (100, (0, 0, 0, 0, 0), Answer.CANNOT_TELL),
        (1000, (0, 0, 0, 0, 0), Answer.HOLDS),
        (1000, (9, 11, 10, 10, 10), Answer.FAILS),
        (1000, (0, 50, 0, 0, 0), Answer.CANNOT_TELL),
    ],
)
def test_a_share_of_errors_needs_enough_requests_and_rounds_that_agree(
    requests: int, errors: Sequence[int], answer: Answer
) -> None:
    cell = made_cell("stack", requests=requests, errors=errors)

    assert answer is one(cell, "errors > 0.1 %").answer


def test_no_error_says_how_many_rounds_would_be_enough() -> None:
    assert 37 == one(made_cell("stack", requests=100, errors=(0,) * 5), "errors > 0.1 %").rounds


def test_noise_fails_one_gate_in_forty_however_many_conditions_it_has() -> None:
    rng, conditions, gates = np.random.default_rng(4), ["p50 > 50 ms", "p90 > 50 ms", "p99 > 50 ms", "cpu > 50 us"], 400
    failed = 0
    for _ in range(gates):
        values = {key: rng.normal(50, 4, 8).tolist() for key in ("p50", "p90", "p99", "cpu_us_per_request")}
        found = judged([made_cell("stack", values=values)], [(failing(text), None) for text in conditions])
        failed += worst(found) is Answer.FAILS

    assert failed <= gates / 40 * 1.8


def test_a_server_that_does_not_start_fails() -> None:
    failed = Failed(
        cell=Cell(stack="stack", scenario="json", round=1), started_at="", stage=Stage.BOOT, reason="it did not boot"
    )
    found = one(made_cell("stack", "json", validity=Validity.VOID, failed=(failed,)), "p99 > 50 ms")

    assert (Answer.FAILS, Untold.FAILED) == (found.answer, found.why)


@pytest.mark.parametrize(
    ("kind", "answer"),
    [(CaveatKind.WRONG_BODIES, Answer.FAILS), (CaveatKind.DRIVER_BUSY, Answer.CANNOT_TELL)],
)
def test_a_void_cell_fails_where_the_server_is_to_blame(kind: CaveatKind, answer: Answer) -> None:
    assert answer is one(p99_cell(**suspect(kind, makes=Validity.VOID)), "p99 > 60 ms").answer


def test_errors_that_make_a_cell_void_are_judged_as_errors() -> None:
    cell = made_cell("stack", errors=(200,) * 5, **suspect(CaveatKind.ERRORS, makes=Validity.VOID))

    assert [Answer.FAILS, Answer.HOLDS] == [one(cell, text).answer for text in ("errors > 1 %", "errors > 30 %")]


@pytest.mark.parametrize(
    ("kind", "fails_at_40", "holds_at_60"),
    [
        (CaveatKind.HOST_BUSY, Answer.CANNOT_TELL, Answer.HOLDS),
        (CaveatKind.SENT_LATE, Answer.CANNOT_TELL, Answer.HOLDS),
        (CaveatKind.NO_STEADY_STATE, Answer.CANNOT_TELL, Answer.HOLDS),
        (CaveatKind.RATE_MISSED, Answer.CANNOT_TELL, Answer.CANNOT_TELL),
        (CaveatKind.ERRORS, Answer.FAILS, Answer.HOLDS),
    ],
)
def test_a_busy_machine_fails_no_build_and_hides_no_promise_that_holds(
    kind: CaveatKind, fails_at_40: Answer, holds_at_60: Answer
) -> None:
    cell = p99_cell(**suspect(kind))

    assert [fails_at_40, holds_at_60] == [one(cell, text).answer for text in ("p99 > 40 ms", "p99 > 60 ms")]


@pytest.mark.parametrize(("key", "text"), [("rss_mib", "rss > 40 MiB"), ("cpu_us_per_request", "cpu > 40 us")])
def test_what_the_driver_sees_late_is_not_memory_or_processor_time(key: str, text: str) -> None:
    assert Answer.FAILS is one(made_cell("stack", values={key: STEADY}, **suspect(CaveatKind.SENT_LATE)), text).answer


def route(name: str, values: Sequence[float]) -> RouteResult:
    points = {number: Measured(value) for number, value in enumerate(values, 1)}
    return RouteResult(
        route=Route(name=name, method="GET", path=f"/{name}", weight=1, endpoints=(name,)),
        requests=1000,
        errors=0,
        offered_rps=None,
        values={"p99": points},
        estimates={"p99": Estimate(value=1, low=None, high=None, n=len(values))},
    )


def test_a_promise_of_a_file_is_about_its_route_alone() -> None:
    cell = p99_cell(routes=(route("fast", [10, 11, 12]), route("slow", [90, 91, 92])))
    limit = kept("p99 <= 30 ms", where="")
    about = [(limit, StatedPromise(keep=("p99 <= 30 ms",), route=name)) for name in ("/fast", "GET /slow", "slow")]

    found = judged([cell], about)

    assert [("fast: GET /fast", "holds"), ("slow: GET /slow", "fails"), ("slow: GET /slow", "fails")] == [
        (each.route, each.answer) for each in found
    ]


@pytest.mark.parametrize(
    ("promise", "says"),
    [
        (
            StatedPromise(keep=("p99 <= 1 s",), route="/none"),
            "the promise about /none .*no such route; known are a: GET /a",
        ),
        (
            StatedPromise(keep=("p99 <= 1 s",), stack="uvi*"),
            "the promise about uvi. under .*the session has no such cell",
        ),
    ],
)
def test_a_promise_about_nothing_is_wrong_use(promise: StatedPromise, says: str) -> None:
    cell = p99_cell(routes=(route("a", [1, 2]), route("b", [1, 2])))

    with pytest.raises(UsageError, match=says):
        judged([cell], [(kept("p99 <= 1 s", where=""), promise)])


def capacity(found: Estimate | None, *doubts: CapacityDoubt, validity: Validity = Validity.VALID) -> CapacityResult:
    return CapacityResult(
        stack="stack",
        scenario="json",
        promise=parse("p99<50ms"),
        boots=tuple[BootResult, ...](),
        maximum=None,
        capacity=found,
        held_rps=None,
        failed_rps=None,
        goodput_rps=None,
        limit=None,
        validity=validity,
        doubts=doubts,
    )


@pytest.mark.parametrize(
    ("limit", "answer"),
    [(1300, Answer.HOLDS), (1450, Answer.CANNOT_TELL), (1550, Answer.CANNOT_TELL), (1700, Answer.FAILS)],
)
def test_a_capacity_is_judged_by_its_interval(limit: int, answer: Answer) -> None:
    found = capacity(Estimate(value=1500, low=1400, high=1607, n=5))

    assert [answer] == [
        each.answer for each in judged_capacities([found], [failing(f"held < {limit} rps", of_capacity=True)])
    ]


def test_a_capacity_that_is_unknown_is_not_told_and_one_without_queues_fails() -> None:
    limits = [failing("held < 10 rps", of_capacity=True)]
    unknown = capacity(None, CapacityDoubt.NO_ROOT, validity=Validity.VOID)
    slower = capacity(None, CapacityDoubt.SLOWER, validity=Validity.VOID)

    assert [Answer.CANNOT_TELL, Answer.FAILS] == [each.answer for each in judged_capacities([unknown, slower], limits)]
