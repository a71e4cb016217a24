"""Every reason to doubt a cell, on made-up cells on both sides of its threshold."""

import inspect
from collections.abc import Mapping
from dataclasses import fields, replace
from types import ModuleType

import numpy as np
import pytest

from made.evidence import CLOSED, FAILED, GOOD, OPEN, every_round, quantiles, querying, running
from stacklab.analysis.run.interleaved import Slices
from stacklab.analysis.run.latency import Quantile
from stacklab.analysis.run.resources import HostUsage, TreeUsage
from stacklab.analysis.validity.caveats import RULES, caveats, validity
from stacklab.analysis.validity.evidence import Evidence
from stacklab.analysis.validity.rules import backends, connections, instrument, machine, program, reading, responses
from stacklab.model.fingerprint import fingerprint
from stacklab.model.measured import facts
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.record import Failed, Gil
from stacklab.model.measured.verdict import Validity
from stacklab.model.stack import Waits
from stacklab.model.traffic.contract import Contract, Endpoint, RecordedResponse
from stacklab.model.traffic.load import Closed, Load, LoadStep, Open, Overload
from stacklab.model.traffic.scenario import CallSpec, Scenario
from stacklab.model.traffic.warmup import WarmupEnd
from stacklab.units import NS_PER_S

KNOWN_BODY = RecordedResponse(headers={}, body=fingerprint(b"x"))


def _found(evidence: Evidence, kind: str) -> Validity | None:
    """What the caveat of that kind makes of the cell, which is something that its rule may make; None without one."""
    makes = next((caveat.makes for caveat in caveats(evidence) if caveat.kind == kind), None)
    assert makes in {None, *next(rule.may_make for rule in RULES if rule.kind == kind)}
    return makes


def test_a_good_open_loop_has_nothing_to_be_said_against_it() -> None:
    assert caveats(OPEN) == ()


@pytest.mark.parametrize(("count", "makes"), [(0, None), (30_000, Validity.VALID), (30_001, Validity.VOID)])
def test_more_errors_than_one_in_a_hundred_void_a_cell(count: int, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, errors={"status": count // 3 + count % 3}), "errors")


@pytest.mark.parametrize(("count", "makes"), [(10_000, Validity.VALID), (10_001, Validity.SUSPECT)])
def test_errors_that_gather_in_one_round_make_a_cell_suspect(count: int, makes: Validity) -> None:
    bad = replace(GOOD, errors={"timeout": count})

    assert makes == _found(replace(OPEN, summaries=(GOOD, bad, GOOD)), "errors")


@pytest.mark.parametrize(("errors", "makes"), [({}, None), ({"body": 1}, Validity.VOID)])
def test_a_single_wrong_body_voids_a_cell(errors: Mapping[str, int], makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, errors=errors), "wrong-bodies")


@pytest.mark.parametrize(("count", "makes"), [(10_000, None), (10_001, Validity.SUSPECT)])
def test_more_unfinished_requests_than_one_in_a_hundred_are_doubted(count: int, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, errors={"censored": count}), "unfinished")


@pytest.mark.parametrize(
    ("served", "makes"),
    [(None, None), (1_193_999, Validity.VOID), (1_200_000, None), (1_200_001, Validity.VOID)],
)
def test_the_app_must_have_served_what_the_driver_sent(served: int | None, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, run__served=served), "served-differs")


@pytest.mark.parametrize(("served", "makes"), [(1_200_000, None), (None, Validity.VALID)])
def test_requests_that_were_not_counted_are_said(served: int | None, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, run__served=served), "not-counted")


@pytest.mark.parametrize(
    ("queries", "makes"),
    [
        (None, Validity.VALID),
        (10, Validity.VOID),
        (1_175_900, Validity.VOID),
        (1_176_100, None),
        (1_200_010, None),
        (1_223_900, None),
        (1_224_100, Validity.SUSPECT),
        (24_000_010, Validity.SUSPECT),
    ],
)
def test_a_backend_must_be_asked_as_often_as_the_contract_promises(queries: int | None, makes: Validity | None) -> None:
    assert _found(querying(queries), "queries-differ") == makes


@pytest.mark.parametrize(
    ("queries", "makes"), [(1_000_000, Validity.VOID), (13_000_000, None), (25_000_000, Validity.SUSPECT)]
)
def test_calls_that_ask_differently_often_promise_a_range(queries: int, makes: Validity | None) -> None:
    assert _found(querying(queries, calls=("row", "rows")), "queries-differ") == makes


def test_requests_without_a_right_answer_need_not_have_asked() -> None:
    assert _found(every_round(querying(900_010), right_ever=900_000), "queries-differ") is None


@pytest.mark.parametrize(("cpu_s", "makes"), [(6.9, None), (7.1, Validity.SUSPECT)])
def test_driver_and_backends_must_have_time_to_spare(cpu_s: float, makes: Validity | None) -> None:
    busy = every_round(
        querying(1_200_010), backends__cpu_ns=cpu_s * NS_PER_S
    )  # beside 1 s of the driver, of 10 s on one core

    assert _found(busy, "backend-busy") == makes


@pytest.mark.parametrize(("busy_s", "makes"), [(7.4, None), (7.6, Validity.SUSPECT)])
def test_what_a_backend_uses_is_nobody_elses_work(busy_s: float, makes: Validity | None) -> None:
    beside = every_round(querying(1_200_010), backends__cpu_ns=3.0 * NS_PER_S, host__busy_ns=busy_s * NS_PER_S)

    assert _found(beside, "host-busy") == makes


@pytest.mark.parametrize(("workers", "makes"), [(1, None), (2, Validity.VALID)])
def test_more_workers_than_cores_are_said(workers: int, makes: Validity | None) -> None:
    assert makes == _found(replace(OPEN, stack=replace(OPEN.stack, workers=workers)), "workers-share-cores")


@pytest.mark.parametrize(
    ("recorded", "lifespan", "makes"),
    [(None, False, None), (KNOWN_BODY, True, None), (KNOWN_BODY, False, Validity.VALID)],
)
def test_an_own_app_without_its_lifespan_is_said(
    recorded: RecordedResponse | None, lifespan: bool, makes: Validity | None
) -> None:
    contract = Contract(endpoints={"pause": Endpoint(path="/", exercises="", recorded=recorded)})
    stack = replace(OPEN.stack, lifespan=lifespan)

    assert makes == _found(replace(OPEN, contract=contract, stack=stack), "no-lifespan")


@pytest.mark.parametrize(
    ("recorded", "makes"),
    [
        (None, None),
        (KNOWN_BODY, None),
        (RecordedResponse(headers={}, body=None), Validity.VALID),
    ],
)
def test_bodies_that_were_not_compared_are_said(recorded: RecordedResponse | None, makes: Validity | None) -> None:
    contract = Contract(endpoints={"pause": Endpoint(path="/", exercises="", recorded=recorded)})

    assert makes == _found(replace(OPEN, contract=contract), "bodies-not-compared")


@pytest.mark.parametrize(
    ("call", "pattern", "makes"),
    [
        (CallSpec(endpoint="pause"), None, None),
        (CallSpec(endpoint="pause", query="n=7"), "ok{n}", None),
        (CallSpec(endpoint="pause", query="n=7"), None, Validity.SUSPECT),
        (CallSpec(endpoint="pause", vary={"n": ("1", "2")}), "ok{n}", None),
        (CallSpec(endpoint="pause", vary={"n": ("1", "2")}), None, Validity.SUSPECT),
        (CallSpec(endpoint="pause", query="n=x", status=422), "ok{n}", Validity.SUSPECT),
        (CallSpec(endpoint="pause", query="n=7", method="PUT"), "ok{n}", Validity.SUSPECT),
    ],
)
def test_bodies_that_nobody_knows_are_doubted(call: CallSpec, pattern: str | None, makes: Validity | None) -> None:
    endpoint = Endpoint(path="/", exercises="", answers={"": "ok"}, pattern=pattern)
    contract = Contract(endpoints={"pause": endpoint})
    scenario = replace(OPEN.scenario, calls=(call,))

    assert makes == _found(replace(OPEN, scenario=scenario, contract=contract), "bodies-unknown")


@pytest.mark.parametrize(("failed", "makes"), [((), None), ((FAILED,), Validity.SUSPECT)])
def test_a_failed_round_makes_the_others_suspect(failed: tuple[Failed, ...], makes: Validity | None) -> None:
    assert makes == _found(replace(OPEN, failed=failed), "failed-rounds")


def test_a_cell_whose_rounds_all_failed_is_void_and_says_why() -> None:
    found = caveats(replace(OPEN, summaries=(), failed=(FAILED,)))

    assert found == (
        Caveat(
            kind=CaveatKind.FAILED_ROUNDS,
            makes=Validity.VOID,
            facts={"failed": facts.count(1), "rounds": facts.count(1), "stage": "boot", "reason": "it did not boot"},
        ),
    )


LITTLE = [(9.81, None), (9.79, Validity.SUSPECT), (10.3, Validity.SUSPECT), (7.9, Validity.VOID)]
"""Of ten requests in flight."""


@pytest.mark.parametrize(("in_flight", "makes"), LITTLE)
def test_a_closed_loop_must_have_as_many_in_flight_as_connections(in_flight: float, makes: Validity | None) -> None:
    assert makes == _found(every_round(CLOSED, flow__in_flight=in_flight), "littles-law")


@pytest.mark.parametrize(("rate_times_latency", "makes"), LITTLE)
def test_an_open_loop_must_have_as_many_in_flight_as_rate_times_latency(
    rate_times_latency: float, makes: Validity | None
) -> None:
    assert makes == _found(every_round(OPEN, flow__rate_times_latency=rate_times_latency), "littles-law")


def test_littles_law_forgives_what_lies_across_the_borders_of_the_window() -> None:
    few = every_round(OPEN, flow__in_flight=0.339, flow__rate_times_latency=0.351, flow__at_borders=0.012)

    assert _found(few, "littles-law") is None


@pytest.mark.parametrize(("think_s", "makes"), [(0.00005, None), (0.0, Validity.VOID)])
def test_connections_that_think_are_not_in_flight(think_s: float, makes: Validity | None) -> None:
    load = Closed(connections=10, think_s=think_s)
    thinking = replace(OPEN, scenario=replace(OPEN.scenario, load=load))

    assert makes == _found(every_round(thinking, flow__in_flight=5.0), "littles-law")


def test_connections_that_vary_in_steps_are_counted_as_they_were() -> None:
    stepped = replace(OPEN, scenario=replace(OPEN.scenario, load=Closed(connections=100, steps=(LoadStep(at=0.1),))))

    assert _found(stepped, "littles-law") is None


@pytest.mark.parametrize(("ended", "makes"), [(990_000, None), (983_999, Validity.SUSPECT)])
def test_an_open_loop_must_keep_its_rate_within_one_percent(ended: int, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, flow__ended=ended), "rate-missed")


@pytest.mark.parametrize(("ended", "makes"), [(87, None), (86, Validity.SUSPECT)])
def test_requests_on_the_way_at_the_borders_are_no_missing_rate(ended: int, makes: Validity | None) -> None:
    few = every_round(OPEN, intended=100, flow__ended=ended)

    assert makes == _found(few, "rate-missed")


@pytest.mark.parametrize(("share", "makes"), [(None, None), (0.001, None), (0.0011, Validity.SUSPECT)])
def test_more_late_sends_than_one_in_a_thousand_are_doubted(share: float | None, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, late_share=share), "sent-late")


@pytest.mark.parametrize(("share", "makes"), [(0.01, None), (0.02, Validity.SUSPECT)])
def test_a_stray_late_send_of_a_small_run_is_no_habit(share: float, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, intended=100, late_share=share), "sent-late")


@pytest.mark.parametrize(("share", "makes"), [(None, None), (0.01, None), (0.011, Validity.SUSPECT)])
def test_a_loop_that_its_connections_limit_is_not_open(share: float | None, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, waited_share=share), "connections-limit")


@pytest.mark.parametrize(
    "load",
    [
        Open(rate=100, overload=Overload.MAX_IN_FLIGHT),
        Open(rate=100, overload=Overload.DEADLINE, deadline_s=1.0),
        Closed(connections=10),
    ],
    ids=["max_in_flight", "deadline", "closed"],
)
def test_only_an_open_loop_that_queues_is_limited_in_silence(load: Load) -> None:
    other = replace(OPEN, scenario=replace(OPEN.scenario, load=load))

    assert _found(every_round(other, waited_share=0.5), "connections-limit") is None


@pytest.mark.parametrize("name", ["p50", "p99"])
@pytest.mark.parametrize(("lag_ms", "makes"), [(0.01, None), (0.011, Validity.SUSPECT)])
def test_the_driver_must_read_soon(name: str, lag_ms: float, makes: Validity | None) -> None:
    lag = {**quantiles(0.001), name: Quantile(ms=lag_ms)}

    assert makes == _found(every_round(OPEN, read_lag=lag), "read-late")


@pytest.mark.parametrize(
    ("share", "makes"), [(0.8, None), (0.81, Validity.SUSPECT), (0.95, Validity.SUSPECT), (0.96, Validity.VOID)]
)
def test_a_busy_driver_measures_itself(share: float, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, driver__cpu_ns=share * 10 * NS_PER_S), "driver-busy")


def test_a_driver_of_two_processes_has_two_cores() -> None:
    report = replace(GOOD.run.driver, processes=2)

    assert _found(every_round(OPEN, run__driver=report, driver__cpu_ns=16.0 * NS_PER_S), "driver-busy") is None


@pytest.mark.parametrize(("share", "makes"), [(None, None), (0.05, None), (0.06, Validity.SUSPECT)])
def test_a_driver_that_waits_for_its_processor_is_doubted(share: float | None, makes: Validity | None) -> None:
    delay_ns = None if share is None else share * 10 * NS_PER_S

    assert makes == _found(every_round(OPEN, driver__delay_ns=delay_ns), "driver-delayed")


@pytest.mark.parametrize(("cpus", "makes"), [((1,), None), ((0, 1), Validity.SUSPECT)])
def test_server_and_driver_must_not_share_a_core(cpus: tuple[int, ...], makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, run__driver_cpus=cpus), "shared-core")


@pytest.mark.parametrize(("busy_s", "makes"), [(4.5, None), (4.6, Validity.SUSPECT)])
def test_a_quarter_of_a_core_used_by_others_is_too_much(busy_s: float, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, host__busy_ns=busy_s * NS_PER_S), "host-busy")


@pytest.mark.parametrize(("steal_s", "makes"), [(0.2, None), (0.21, Validity.SUSPECT)])
def test_steal_of_one_percent_of_all_processors_is_too_much(steal_s: float, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, host__steal_ns=steal_s * NS_PER_S), "stolen")


MS = 1_000_000


def turns(*, idle_ms: float = 0.0, lost: int = 0) -> Slices:
    """Ten slices of 100 ms, one every 200 ms."""
    start = np.arange(10) * 200 * MS
    idle = np.full(10, round(idle_ms * MS))
    columns = {"start_ns": start, "end_ns": start + 100 * MS, "idle_cpu_ns": idle}
    return Slices(columns=columns, counts=np.arange(10) >= lost)


@pytest.mark.parametrize(("idle_ms", "makes"), [(1.0, None), (1.1, Validity.SUSPECT)])
def test_a_server_that_works_between_its_turns_is_named_from_a_hundredth_of_a_core_on(
    idle_ms: float, makes: Validity | None
) -> None:
    assert makes == _found(every_round(OPEN, slices=turns(idle_ms=idle_ms)), "works-between-turns")


@pytest.mark.parametrize(("lost", "makes"), [(5, None), (6, Validity.SUSPECT)])
def test_more_than_half_of_the_sweeps_must_be_left(lost: int, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, slices=turns(lost=lost)), "sweeps-lost")


@pytest.mark.parametrize(("ceiling", "makes"), [(None, None), (200_000.0, None), (199_999.0, Validity.SUSPECT)])
def test_half_of_the_drivers_ceiling_is_near_enough(ceiling: float | None, makes: Validity | None) -> None:
    assert makes == _found(replace(OPEN, ceiling_rps=ceiling), "near-ceiling")


@pytest.mark.parametrize("kind", ["memory", "io"])
@pytest.mark.parametrize(("share", "makes"), [(None, None), (0.05, None), (0.06, Validity.SUSPECT)])
def test_waiting_for_memory_or_a_disk_is_doubted(kind: str, share: float | None, makes: Validity | None) -> None:
    pressure_ns = None if share is None else share * 10 * NS_PER_S

    assert makes == _found(every_round(OPEN, **{f"host__{kind}_pressure_ns": pressure_ns}), "pressed")


@pytest.mark.parametrize(("pressure_s", "makes"), [(5.0, None), (5.1, Validity.SUSPECT)])
def test_waits_for_a_processor_that_are_not_our_own_are_doubted(pressure_s: float, makes: Validity | None) -> None:
    """Server and driver waited for 3 s of the 10."""
    own = every_round(OPEN, server__delay_ns=3.0 * NS_PER_S)

    assert makes == _found(every_round(own, host__cpu_pressure_ns=pressure_s * NS_PER_S), "pressed")


@pytest.mark.parametrize("counter", ["listen_overflows", "listen_drops", "syn_retransmits"])
@pytest.mark.parametrize(("count", "makes"), [(None, None), (0.0, None), (1.0, Validity.SUSPECT)])
def test_a_connection_that_was_turned_away_is_doubted(
    counter: str, count: float | None, makes: Validity | None
) -> None:
    assert makes == _found(every_round(OPEN, **{f"host__{counter}": count}), "turned-away")


@pytest.mark.parametrize("wait_ms", [1000, 3000, 7000])
@pytest.mark.parametrize(
    ("above", "makes"), [(0.99, None), (1.0, Validity.SUSPECT), (1.05, Validity.SUSPECT), (1.06, None)]
)
def test_a_quantile_that_sits_on_a_timer_of_tcp_is_doubted(wait_ms: int, above: float, makes: Validity | None) -> None:
    sitting = {**quantiles(2.0), "p99": Quantile(ms=wait_ms * above)}

    assert makes == _found(every_round(OPEN, latency=sitting), "sits-on-a-timer")


def test_a_server_that_takes_a_second_is_no_timer() -> None:
    assert _found(every_round(OPEN, latency=quantiles(1001.0)), "sits-on-a-timer") is None


@pytest.mark.parametrize(
    ("rise", "makes"), [(None, None), (0.04, None), (0.07, Validity.SUSPECT), (-0.07, Validity.SUSPECT)]
)
@pytest.mark.parametrize("load", [CLOSED, OPEN], ids=["closed", "open"])
def test_what_still_moves_is_no_steady_state(load: Evidence, rise: float | None, makes: Validity | None) -> None:
    assert makes == _found(every_round(load, drift=rise), "no-steady-state")


@pytest.mark.parametrize(
    ("ends", "makes"),
    [
        ((WarmupEnd.PLATEAU, WarmupEnd.PLATEAU, WarmupEnd.DRIFTING), None),
        ((WarmupEnd.PLATEAU, WarmupEnd.DRIFTING, WarmupEnd.DRIFTING), Validity.SUSPECT),
        ((WarmupEnd.PLATEAU, WarmupEnd.DRIFTING, WarmupEnd.UNCLEAR), Validity.VALID),
        ((WarmupEnd.PLATEAU, WarmupEnd.UNCLEAR, WarmupEnd.UNCLEAR), Validity.VALID),
        ((WarmupEnd.PLATEAU, WarmupEnd.PLATEAU, WarmupEnd.UNCLEAR), None),
        ((WarmupEnd.FIXED, WarmupEnd.FIXED, WarmupEnd.FIXED), None),
        ((None, None, None), None),
    ],
)
def test_a_warmup_that_ended_without_a_plateau_in_most_rounds_is_said(
    ends: tuple[WarmupEnd | None, ...], makes: Validity | None
) -> None:
    rounds = tuple(
        replace(GOOD, run=replace(GOOD.run, driver=replace(GOOD.run.driver, warmup_end=end))) for end in ends
    )

    assert makes == _found(replace(OPEN, summaries=rounds), "no-steady-state")


def test_a_load_in_steps_is_meant_to_move() -> None:
    stepped = replace(CLOSED, scenario=replace(CLOSED.scenario, load=Closed(connections=10, steps=(LoadStep(at=1.0),))))

    assert _found(every_round(stepped, drift=0.3), "no-steady-state") is None


@pytest.mark.parametrize(("rounds", "makes"), [((), None), ((2,), Validity.VALID)])
def test_a_round_that_was_measured_again_is_said(rounds: tuple[int, ...], makes: Validity | None) -> None:
    assert makes == _found(replace(OPEN, repeated=rounds), "repeated")


@pytest.mark.parametrize(("connects", "makes"), [(12_010, None), (12_011, Validity.VALID)])
def test_connections_that_a_peer_keeps_and_this_stack_does_not_are_said(connects: int, makes: Validity | None) -> None:
    closing = every_round(OPEN, run__driver=replace(GOOD.run.driver, connects=connects))

    assert makes == _found(replace(closing, peers=(OPEN,)), "reuse-differs")


def test_connections_that_nobody_keeps_do_not_differ() -> None:
    closing = every_round(OPEN, run__driver=replace(GOOD.run.driver, connects=1_200_000))

    assert _found(replace(closing, peers=(closing,)), "reuse-differs") is None


@pytest.mark.parametrize(("version", "makes"), [("0.54.0", None), ("0.18.3", Validity.VALID)])
def test_two_versions_of_a_shared_package_are_said(version: str, makes: Validity | None) -> None:
    ours, theirs = (
        every_round(OPEN, run__server=replace(GOOD.run.server, packages={"uvicorn": one}, python="CPython 3.13.0"))
        for one in ("0.54.0", version)
    )

    assert makes == _found(replace(ours, peers=(theirs,)), "versions-differ")


def test_the_versions_that_differ_are_named() -> None:
    ours, theirs = (
        every_round(OPEN, run__server=replace(GOOD.run.server, packages={name: "1"}, python=f"CPython {python}"))
        for name, python in (("flask", "3.12.1"), ("starlette", "3.13.0"))
    )
    found = caveats(replace(ours, peers=(theirs,)))

    assert [{"versions": {"CPython": ("3.12.1", "3.13.0")}}] == [caveat.facts for caveat in found]


def test_a_version_that_was_varied_on_purpose_is_no_doubt() -> None:
    base = running(uvicorn="0.54.0", h11="0.16.0")
    variant = replace(running(uvicorn="0.30.6", h11="0.16.0"), varied=frozenset({"uvicorn"}))

    for one, other in ((base, variant), (variant, base)):
        assert _found(replace(one, peers=(other,)), "versions-differ") is None


def test_a_version_that_came_along_with_the_one_that_was_varied_is_said() -> None:
    base = running(uvicorn="0.54.0", h11="0.16.0")
    variant = replace(running(uvicorn="0.30.6", h11="0.14.0"), varied=frozenset({"uvicorn"}))

    for one, other in ((base, variant), (variant, base)):
        found = caveats(replace(one, peers=(other,)))
        assert [{"versions": {"h11": ("0.14.0", "0.16.0")}}] == [caveat.facts for caveat in found]


def test_what_was_varied_in_one_stack_is_no_excuse_for_others() -> None:
    base, stranger = running(uvicorn="0.54.0"), running(uvicorn="0.40.0")
    variant = replace(running(uvicorn="0.30.6"), varied=frozenset({"uvicorn"}))

    found = caveats(replace(base, peers=(variant, stranger)))

    assert [{"versions": {"uvicorn": ("0.40.0", "0.54.0")}}] == [caveat.facts for caveat in found]


def test_interpreters_that_were_varied_on_purpose_are_no_doubt() -> None:
    old, new = (replace(running(f"CPython {one}"), varied=frozenset({"python"})) for one in ("3.12.1", "3.13.0"))

    assert _found(replace(old, peers=(new,)), "versions-differ") is None


@pytest.mark.parametrize(
    ("python", "gil", "makes"),
    [
        ("CPython 3.14.0t", Gil(on=True), Validity.SUSPECT),
        ("CPython 3.14.0t", Gil(on=False), None),
        ("CPython 3.14.0t", None, None),
        ("CPython 3.14.0", Gil(on=True), None),
    ],
)
def test_a_free_threaded_interpreter_runs_without_the_gil(python: str, gil: Gil | None, makes: Validity | None) -> None:
    ran = every_round(OPEN, run__server=replace(GOOD.run.server, python=python, gil=gil))

    assert makes == _found(ran, "gil-on")


@pytest.mark.parametrize("module", ["greenlet._greenlet", None])
def test_who_turned_the_gil_on_is_said(module: str | None) -> None:
    server = replace(GOOD.run.server, python="CPython 3.14.0t", gil=Gil(on=True, turned_on_by=module))

    (caveat,) = caveats(every_round(OPEN, run__server=server))

    assert module == caveat.facts.get("turned_on_by")


@pytest.mark.parametrize(("later", "makes"), [("0.54.0", None), ("0.55.0", Validity.SUSPECT)])
def test_all_rounds_of_a_cell_run_the_same_versions(later: str, makes: Validity | None) -> None:
    first, last = (running(uvicorn=version).summaries[0] for version in ("0.54.0", later))

    assert makes == _found(replace(OPEN, summaries=(first, first, last)), "versions-changed")


@pytest.mark.parametrize(("last", "makes"), [(1.18, None), (1.25, Validity.SUSPECT)])
def test_rounds_of_a_closed_loop_must_agree_in_throughput(last: float, makes: Validity | None) -> None:
    third = replace(GOOD, flow=replace(GOOD.flow, throughput_rps=last * 100_000))

    assert makes == _found(replace(CLOSED, summaries=(GOOD, GOOD, third)), "rounds-disagree")


@pytest.mark.parametrize(("last", "makes"), [(0.118, None), (0.125, Validity.SUSPECT)])
def test_rounds_of_an_open_loop_must_agree_in_median_latency(last: float, makes: Validity | None) -> None:
    third = replace(GOOD, latency=quantiles(last))

    assert makes == _found(replace(OPEN, summaries=(GOOD, GOOD, third)), "rounds-disagree")


@pytest.mark.parametrize(
    ("load", "makes"),
    [(Open(rate=1), None), (Closed(connections=10, think_s=1.0), None), (Closed(connections=10), Validity.VALID)],
)
def test_the_latency_of_a_closed_loop_without_pauses_is_labelled(load: Open | Closed, makes: Validity | None) -> None:
    loaded = replace(OPEN, scenario=replace(OPEN.scenario, load=load))

    assert makes == _found(loaded, "closed-loop-latency")


def test_a_closed_loop_without_a_single_answer_has_no_latency_to_label() -> None:
    assert _found(every_round(CLOSED, flow__ended=0), "closed-loop-latency") is None


@pytest.mark.parametrize(("cpu_s", "saturated"), [(9.0, False), (9.1, True)])
def test_the_label_says_where_the_server_was_saturated(cpu_s: float, *, saturated: bool) -> None:
    found = caveats(every_round(CLOSED, server__cpu_ns=cpu_s * NS_PER_S, host__busy_ns=None))

    assert saturated is found[0].facts["saturated"]


@pytest.mark.parametrize(
    ("cpu_s", "driver_s", "waits", "makes"),
    [
        (9.0, 5.0, Waits.COOPERATIVE, Validity.VALID),
        (9.1, 5.0, Waits.COOPERATIVE, None),
        (9.0, 9.9, Waits.COOPERATIVE, None),
        (1.0, 5.0, Waits.BLOCKING, None),
    ],
)
def test_throughput_with_time_to_spare_is_no_capacity_unless_workers_or_the_driver_limit_it(
    cpu_s: float, driver_s: float, waits: Waits, makes: Validity | None
) -> None:
    usage = {"server__cpu_ns": cpu_s * NS_PER_S, "driver__cpu_ns": driver_s * NS_PER_S, "host__busy_ns": None}
    loaded = every_round(replace(CLOSED, stack=replace(CLOSED.stack, waits=waits)), **usage)

    assert makes == _found(loaded, "not-saturated")


@pytest.mark.parametrize("load", [Open(rate=1), Closed(connections=10, think_s=1.0)])
def test_a_load_that_pauses_says_nothing_of_capacity(load: Open | Closed) -> None:
    assert _found(replace(CLOSED, scenario=replace(CLOSED.scenario, load=load)), "not-saturated") is None


@pytest.mark.parametrize(
    ("waits", "endpoint", "makes"),
    [
        (Waits.COOPERATIVE, "pause", None),
        (Waits.BLOCKING, "plain", None),
        (Waits.BLOCKING, "pause", Validity.VALID),
    ],
)
def test_a_cooperative_wait_served_the_blocking_way_is_said(
    waits: Waits, endpoint: str, makes: Validity | None
) -> None:
    served = replace(
        OPEN,
        stack=replace(OPEN.stack, waits=waits),
        scenario=replace(OPEN.scenario, calls=(CallSpec(endpoint=endpoint),)),
    )

    assert makes == _found(served, "waits-the-blocking-way")


@pytest.mark.parametrize(("connects", "makes"), [(600_000, None), (600_001, Validity.VALID)])
def test_a_server_that_closes_its_connections_is_said(connects: int, makes: Validity | None) -> None:
    report = replace(GOOD.run.driver, connects=connects)

    assert makes == _found(every_round(OPEN, run__driver=report), "connection-closed")


@pytest.mark.parametrize(
    "scenario",
    [replace(OPEN.scenario, keep_alive=False), replace(OPEN.scenario, load=Open(rate=1, requests_per_session=2))],
)
def test_connections_closed_on_purpose_are_no_surprise(scenario: Scenario) -> None:
    report = replace(GOOD.run.driver, connects=1_200_000)
    asked = replace(OPEN, scenario=scenario)

    assert _found(every_round(asked, run__driver=report), "connection-closed") is None


@pytest.mark.parametrize(("n", "makes"), [(100_000, None), (93_999, Validity.VALID)])
def test_fewer_than_a_hundred_requests_beyond_a_quantile_are_said(n: int, makes: Validity | None) -> None:
    few = every_round(OPEN, intended=n, flow__ended=n)

    assert makes == _found(few, "few-requests")


def test_a_round_of_one_request_has_no_quantiles() -> None:
    found = next(
        caveat for caveat in caveats(every_round(OPEN, intended=1, flow__ended=1)) if caveat.kind == "few-requests"
    )
    needed = {"p50": 8, "p90": 40, "p99": 400, "p99.9": 4_000}

    assert found.facts == {
        "requests": facts.count(1),
        "needed": {name: facts.count(many) for name, many in needed.items()},
    }


def test_the_number_of_requests_that_a_quantile_needs_is_named() -> None:
    found = caveats(every_round(OPEN, intended=3_999, flow__ended=3_999))

    assert [caveat.facts for caveat in found] == [
        {
            "requests": facts.count(3_999),
            "needed": {"p99.9": facts.count(4_000)},
            "beyond": {"p99": facts.count(39)},
        }
    ]


@pytest.mark.parametrize(("rounds", "makes"), [(1, Validity.VALID), (2, None)])
def test_one_round_is_said_to_have_no_interval(rounds: int, makes: Validity | None) -> None:
    assert makes == _found(replace(OPEN, summaries=(GOOD,) * rounds), "one-round")


@pytest.mark.parametrize(("from_schedstat", "makes"), [(True, None), (False, Validity.VALID)])
def test_cpu_in_steps_of_the_clock_tick_is_said(from_schedstat: bool, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, server__from_schedstat=from_schedstat), "coarse-cpu")


@pytest.mark.parametrize(("steal_ns", "makes"), [(0.0, None), (None, Validity.VALID)])
def test_a_counter_that_cannot_be_read_is_said_to_be_missing(steal_ns: float | None, makes: Validity | None) -> None:
    assert makes == _found(every_round(OPEN, host__steal_ns=steal_ns), "unavailable")


def test_a_run_in_which_nothing_could_be_read_is_judged_without_stumbling() -> None:
    nothing = {field.name: None for field in fields(TreeUsage)} | {"from_schedstat": False}
    blind = TreeUsage(**nothing)  # type: ignore[arg-type] # every other field may be None

    found = caveats(every_round(OPEN, server=blind, driver=blind, host=HostUsage(busy_ns=None, steal_ns=None)))

    assert [caveat.kind for caveat in found] == ["unavailable"]


def test_a_cell_without_any_round_is_judged_without_stumbling() -> None:
    assert caveats(replace(CLOSED, summaries=())) == ()


def test_a_cell_is_as_good_as_its_worst_caveat() -> None:
    makes = [Validity.VALID, Validity.VOID, Validity.SUSPECT]

    assert validity(tuple(Caveat(kind=CaveatKind.ERRORS, makes=one) for one in makes)) is Validity.VOID


def test_a_cell_without_caveats_is_valid() -> None:
    assert validity(()) is Validity.VALID


def test_every_kind_of_caveat_of_a_cell_stands_in_the_table_once() -> None:
    assert sorted({*CaveatKind} - {CaveatKind.PROGRAM_DELAYED}) == sorted(rule.kind for rule in RULES)


@pytest.mark.parametrize("rules", [backends, connections, instrument, machine, program, reading, responses])
def test_a_threshold_is_named_after_the_kind_of_caveat_that_it_is_of(rules: ModuleType) -> None:
    """Names that begin with an underscore, and what is imported, are none."""
    thresholds = [name for name, value in vars(rules).items() if name.isupper() and isinstance(value, int | float)]
    own = [name for name in thresholds if f"\n{name}: Final" in inspect.getsource(rules)]

    assert own
    assert [name for name in own if not name.startswith(tuple(kind.name for kind in CaveatKind))] == []
