"""Ranks of the cells of a view: what is compared, and who is left out."""

from dataclasses import replace

from stacklab.analysis.rules.evidence import Evidence
from stacklab.model.contract import Contract
from stacklab.model.load import Closed, Open
from stacklab.model.scenario import Call, Scenario
from stacklab.model.stack import Family, Interface, Stack, Waits
from stacklab.model.verdict import Estimate, Validity
from stacklab.report.cell import cell_view
from stacklab.report.ranks import ranks
from stacklab.report.view import CellView, RoundView

CLOSED = Scenario(name="scenario", summary="", calls=(Call(endpoint="plain"),), load=Closed(connections=4))
OPEN = replace(CLOSED, load=Open(rate=100))
STACK = Stack(
    name="stack",
    summary="",
    family=Family.EVENT_LOOP,
    interface=Interface.ASGI,
    waits=Waits.COOPERATIVE,
    app="a:b",
    argv=("x",),
    requirements=(),
)
EMPTY = cell_view(
    Evidence(stack=STACK, scenario=CLOSED, contract=Contract(endpoints={}), cores=2, summaries=(), failed=())
)
MEASURED = replace(EMPTY, rounds=(RoundView(round=1, throughput_rps=1.0, latency_ms={}, cpu_us_per_request=None),))


def _about(value: float) -> Estimate:
    return Estimate(value=value, low=value * 0.9, high=value * 1.1, n=3)


def _fast(stack: str, rps: float) -> CellView:
    return replace(MEASURED, stack=stack, throughput_rps=_about(rps))


def _slow(stack: str, p99_ms: float) -> CellView:
    return replace(MEASURED, stack=stack, latency_ms={"p50": None, "p99": _about(p99_ms)})


def test_a_closed_loop_ranks_by_throughput_with_more_being_better() -> None:
    assert list(ranks([CLOSED], [_fast("a", 100), _fast("b", 200)])) == [
        ("scenario", "throughput_rps", (("b",), ("a",)))
    ]


def test_an_open_loop_ranks_by_latency_with_less_being_better() -> None:
    assert list(ranks([OPEN], [_slow("a", 20), _slow("b", 10)])) == [("scenario", "latency_ms.p99", (("b",), ("a",)))]


def test_a_void_cell_is_not_ranked() -> None:
    void = replace(_fast("b", 200), validity=Validity.VOID)

    assert list(ranks([CLOSED], [_fast("a", 100), void])) == [("scenario", "throughput_rps", (("a",),))]


def test_a_suspect_cell_is_ranked() -> None:
    suspect = replace(_fast("b", 200), validity=Validity.SUSPECT)

    assert list(ranks([CLOSED], [suspect])) == [("scenario", "throughput_rps", (("b",),))]


def test_a_cell_that_never_ran_is_not_ranked() -> None:
    assert list(ranks([CLOSED], [EMPTY])) == []


def test_a_lower_bound_ties_with_everything_above_it() -> None:
    bound = replace(_slow("a", 50), latency_at_least=("p99",))

    assert list(ranks([OPEN], [bound, _slow("b", 500), _slow("c", 10)])) == [
        ("scenario", "latency_ms.p99", (("c",), ("a", "b")))
    ]
