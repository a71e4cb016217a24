"""The numbers of one run, from rows whose answer is known on paper. The measured window is second 10 to 12."""

from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
import pytest

from stacklab.analysis.claims.cell_rows import CellRun, rows_of
from stacklab.analysis.metrics import BYTES, Measured
from stacklab.analysis.rounds.stopping import duration_s, primary_values
from stacklab.analysis.run.columns import Window
from stacklab.analysis.run.flow import Flow, flow
from stacklab.analysis.run.latency import Quantile
from stacklab.analysis.run.summary import Summary, summarise
from stacklab.columns import Column
from stacklab.errors import UsageError
from stacklab.model.measured.record import Completed, DriverReport, Outcome, Phase, PhaseSpan, ServerFacts, Usage
from stacklab.model.plan import Cell, Plan
from stacklab.model.traffic.contract import Contract, Endpoint
from stacklab.model.traffic.load import Closed, Load, Open
from stacklab.model.traffic.scenario import CallSpec, Scenario

MS = 1_000_000
S = 1000 * MS
BEGIN, END, STOP = 10 * S, 12 * S, 14 * S
RUN = Completed(
    cell=Cell(stack="stack", scenario="scenario", round=1),
    started_at="2026-11-20T10:15:00Z",
    server=ServerFacts(argv=(), python="CPython 3.13.0", packages={}, cpus=(0,), boot_s=0.5),
    driver=DriverReport(
        driver="reactor",
        versions={},
        spans=(
            PhaseSpan(phase=Phase.WARMUP, start_ns=9 * S, end_ns=BEGIN),
            PhaseSpan(phase=Phase.MEASURE, start_ns=BEGIN, end_ns=END),
            PhaseSpan(phase=Phase.DRAIN, start_ns=END, end_ns=STOP),
        ),
        intended=0,
        seconds=(),
        connects=1,
        gc_collections=0,
        dropped_timers=0,
        kernel_timestamps=False,
    ),
    driver_cpus=(1,),
    served=None,
    overhead_s=1.0,
)
CLOSED = Closed(connections=1)
OPEN = Open(rate=100, connections=1)
NO_LOOKS = {field.name: np.array([], dtype=np.int64) for field in fields(Usage)}


def _plan(load: Load) -> Plan:
    scenario = Scenario(name="scenario", summary="", calls=(CallSpec(endpoint="plain"),), load=load)
    return Plan(
        preset="quick",
        rounds=1,
        seed=1,
        warmup_s=1.0,
        measure_s=2.0,
        command="",
        contract=Contract(endpoints={"plain": Endpoint(path="/plain", exercises="")}),
        stacks=(),
        scenarios=(scenario,),
        cells=(),
    )


def _row(
    intended_ms: float, took_ms: float, outcome: Outcome = Outcome.OK, *, wait_ms: float | None = 0.0, **more: int
) -> Mapping[str, int]:
    """One request; times in ms since the window's begin. ``wait_ms`` None: it was never sent."""
    intended = BEGIN + round(intended_ms * MS)
    return {
        "phase": Phase.WARMUP if intended < BEGIN else Phase.MEASURE,
        "endpoint": 0,
        "outcome": outcome,
        "status": 200 if outcome is Outcome.OK else 503,
        "bytes": 140,
        "connection": 1,
        "worker": 42,
        "intended_ns": intended,
        "sent_ns": -1 if wait_ms is None else intended + round(wait_ms * MS),
        "received_ns": -1,
        "read_ns": intended + round(took_ms * MS),
    } | more


def _summary(*rows: Mapping[str, int], load: Load = CLOSED) -> Summary:
    rows = tuple(sorted(rows, key=lambda row: row["intended_ns"]))
    kinds = {"phase": np.uint8, "outcome": np.uint8, "connection": np.uint32, "worker": np.uint32}
    columns = {name: np.array([row[name] for row in rows], dtype=kinds.get(name, np.int64)) for name in _row(0, 0)}
    return summarise(columns, NO_LOOKS, RUN, _plan(load), cores=2)


def test_bytes_per_second_are_those_of_the_bodies_read_within_the_window() -> None:
    mib = 1 << 20
    found = _summary(_row(-5, 10, bytes=3 * mib), _row(100, 10, bytes=mib), _row(1995, 10, bytes=mib))

    assert BYTES.of(found) == Measured(2.0)


def test_throughput_counts_right_answers_read_within_the_window_whenever_they_were_intended() -> None:
    found = _summary(
        _row(-5, 10), _row(100, 10), _row(500, 10, Outcome.STATUS), _row(1995, 10), _row(-50, 10), _row(200, 10)
    )

    assert found.throughput_rps == 3 / 2.0


@pytest.mark.parametrize(("load", "found"), [(CLOSED, 0.10), (OPEN, -0.10)])
def test_a_drift_is_that_of_throughput_or_of_latency(load: Load, found: float) -> None:
    """Every request takes less time than the one before it; lost ones take as long as they like."""
    took = [10 * (1.05 - 0.1 * number / 199) for number in range(200)]
    rows = [_row(10 * number, took_ms) for number, took_ms in enumerate(took)]
    lost = [_row(10 * number + 1, 0.1 * number, Outcome.RESET) for number in range(190)]

    assert _summary(*rows, *lost, load=load).drift == pytest.approx(found, abs=0.01)


def test_a_drift_that_is_not_certain_is_none() -> None:
    rows = [_row(10 * number, 10 + number % 3) for number in range(200)]

    assert _summary(*rows).drift is None


def test_requests_are_counted_by_their_intended_start() -> None:
    assert _summary(_row(-1, 10), _row(0, 10), _row(1999, 10)).intended == 2


def test_latency_counts_from_the_intended_start_and_service_from_sending() -> None:
    found = _summary(*(_row(number, 30, wait_ms=10) for number in range(100)))

    assert (Quantile(ms=30.0), Quantile(ms=20.0), Quantile(ms=10.0)) == (
        found.latency["p50"],
        found.service["p50"],
        found.queue["p50"],
    )


def test_every_outcome_but_ok_is_an_error_of_its_kind() -> None:
    outcomes = [Outcome.OK, Outcome.BODY, Outcome.SHED, Outcome.SHED]

    assert {"body": 1, "shed": 2} == _summary(*(_row(1, 1, outcome) for outcome in outcomes)).errors


def test_a_server_that_fails_fast_does_not_look_fast() -> None:
    rows = [_row(number, 0.1, Outcome.STATUS) for number in range(60)] + [_row(number, 9) for number in range(40)]

    assert _summary(*rows).latency["p50"] == Quantile(ms=9.0, at_least=True)


def test_requests_that_were_never_sent_have_no_service_time() -> None:
    rows = [_row(number, 5) for number in range(20)]
    rows += [_row(number, 500, Outcome.SHED, wait_ms=None) for number in range(80)]

    assert _summary(*rows).service["p50"] == Quantile(ms=5.0)


def test_read_lag_is_there_only_with_receive_times() -> None:
    stamped = [_row(number, 5, received_ns=BEGIN + number * MS + 3 * MS) for number in range(20)]
    found = _summary(*stamped).read_lag

    assert found is not None
    assert (Quantile(ms=2.0), None) == (found["p50"], _summary(_row(0, 5)).read_lag)


def test_littles_law_holds_for_a_closed_loop_without_pauses() -> None:
    flow = _summary(*(_row(start, 10) for start in range(-100, 2000, 10))).flow

    assert pytest.approx((1.0, 1.0), rel=0.01) == (flow.in_flight, flow.rate_times_latency)


def _by_chance(*, share_a_fate: bool = False, grows_ns: float = 0.0) -> Flow:
    """Short requests, and a few that take a hundred times as long; on one loop everybody else waits for these.

    Each waits for longer than the one before it by ``grows_ns``, as in a queue that grows.
    """
    chance = np.random.default_rng(20261121)
    came_ns = np.sort(chance.integers(0, 11 * S, 594))
    took_ns = np.where(chance.random(594) < 0.07, 100 * MS, 1 * MS) + np.arange(594) * grows_ns
    ended_ns = (came_ns + took_ns).astype(np.int64)
    rows: dict[str, Column] = {
        "intended_ns": came_ns,
        "sent_ns": came_ns,
        "read_ns": np.maximum.accumulate(ended_ns) if share_a_fate else ended_ns,
        "outcome": np.zeros(594, np.uint8),
        "bytes": np.zeros(594, np.uint32),
        "connection": np.zeros(594, np.uint32),
        "worker": np.zeros(594, np.uint32),
    }
    return flow(rows, Window(S, 10 * S), began_ns=0)


@pytest.mark.parametrize("share_a_fate", [False, True])
def test_what_crosses_the_borders_explains_how_far_littles_law_is_off(share_a_fate: bool) -> None:
    found = _by_chance(share_a_fate=share_a_fate)

    assert found.in_flight != pytest.approx(found.rate_times_latency, rel=0.001)
    assert abs(found.in_flight - found.rate_times_latency) == pytest.approx(found.at_borders)


def test_the_number_on_the_way_scatters_as_a_poisson_number_where_requests_are_independent() -> None:
    found = _by_chance()

    assert found.scatter == pytest.approx(np.sqrt(found.in_flight), rel=0.2)


def test_it_scatters_more_where_many_wait_for_the_same() -> None:
    found = _by_chance(share_a_fate=True)

    assert found.scatter > 1.3 * np.sqrt(found.in_flight)


def test_a_queue_that_grows_is_no_scatter() -> None:
    """The last of these wait for 1.2 s, in which 64 more come."""
    found = _by_chance(grows_ns=2 * MS)

    assert found.scatter < 64 / 10


def test_waits_that_are_longer_than_the_window_are_explained_as_well() -> None:
    found = _summary(*(_row(start, 3000 + start) for start in range(-1000, 2000, 10))).flow

    assert found.in_flight != pytest.approx(found.rate_times_latency, rel=0.5)
    assert abs(found.in_flight - found.rate_times_latency) == pytest.approx(found.at_borders)


def test_a_latency_beyond_all_bounds_is_no_excuse_for_itself() -> None:
    """One row of a thousand seconds, under a load that began one before the window: Little's law is off by hundreds."""
    found = _summary(*(_row(start, 1) for start in range(0, 2000, 10)), _row(1000 - 1_000_000, 1_000_000)).flow

    assert found.rate_times_latency - found.in_flight > 100 * found.at_borders


def test_requests_in_flight_are_counted_at_both_borders() -> None:
    assert _summary(_row(-1000, 2000), _row(1000, 3000)).flow.in_flight == 1.0


def test_an_open_loop_is_late_where_a_connection_was_free() -> None:
    rows = [_row(start, 2, wait_ms=0.1) for start in range(0, 900, 10)]
    rows += [_row(start, 6, wait_ms=5) for start in range(900, 1000, 10)]

    assert _summary(*rows, load=OPEN).late_share == 0.1


def test_an_open_loop_that_finds_every_connection_busy_waits_for_one_and_is_not_late() -> None:
    """The last three waited for less than a tenth of the median."""
    rows = [
        _row(0, 500),
        *(_row(start, 500 - start + start / 5, wait_ms=500.1 - start) for start in range(10, 500, 10)),
    ]

    found = _summary(*rows, load=OPEN)

    assert (0.0, 47 / 50) == (found.late_share, found.waited_share)


def test_a_request_that_never_got_a_connection_waited_for_one() -> None:
    rows = [_row(0, 3999, Outcome.CENSORED), _row(500, 3499, Outcome.CENSORED, wait_ms=None, connection=0)]

    assert _summary(*rows, load=OPEN).waited_share == 0.5


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.SHED])
def test_a_request_that_was_refused_or_shed_did_not_wait_for_a_connection(outcome: Outcome) -> None:
    rows = [_row(0, 5), _row(500, 100, outcome, wait_ms=None, connection=0)]

    assert _summary(*rows, load=OPEN).waited_share == 0.0


def test_a_closed_loop_has_no_schedule_to_be_late_for() -> None:
    found = _summary(_row(0, 5, wait_ms=3))

    assert (None, None) == (found.late_share, found.waited_share)


def test_work_is_shared_among_the_workers_that_answered() -> None:
    rows = [_row(1, 1, worker=7), _row(2, 1, worker=8), _row(3, 1, worker=7), _row(4, 1, worker=7)]

    assert _summary(*rows).flow.worker_shares == (0.75, 0.25)


def test_answers_are_counted_for_each_connection() -> None:
    assert (
        _summary(
            _row(1, 1, connection=3), _row(2, 1, connection=3), _row(3, 1, connection=4)
        ).flow.requests_per_connection
        == 1.5
    )


def test_sent_and_answered_count_all_phases() -> None:
    found = _summary(_row(-9, 1), _row(1, 1), _row(2, 1, Outcome.RESET), _row(3, 1, Outcome.SHED, wait_ms=None))

    assert (3, 2) == (found.sent_ever, found.answered_ever)


def test_cpu_is_divided_by_the_answers_of_the_window() -> None:
    found = _summary(_row(0, 1), _row(10, 1), _row(20, 1, Outcome.RESET), _row(1999, 5))
    found = replace(found, server=replace(found.server, cpu_ns=300_000.0, user_ns=3 * S, system_ns=1 * S))

    assert (150.0, 112.5, 37.5) == (
        found.cpu_us_per_request,
        found.cpu_user_us_per_request,
        found.cpu_system_us_per_request,
    )


def test_cpu_is_not_split_where_the_times_are_unknown() -> None:
    found = _summary(_row(0, 1))
    found = replace(found, server=replace(found.server, cpu_ns=300_000.0))

    assert (300.0, None) == (found.cpu_us_per_request, found.cpu_user_us_per_request)


def test_a_run_without_a_single_request_has_rates_of_zero_and_no_latency() -> None:
    found = _summary()

    assert (0.0, 0, None) == (found.throughput_rps, found.intended, found.latency["p50"])


def test_a_run_without_a_measured_window_is_refused_by_the_name_of_its_file() -> None:
    run = replace(RUN, driver=replace(RUN.driver, spans=()))

    with pytest.raises(UsageError, match=r"stack/scenario/r01/run\.json"):
        summarise({}, NO_LOOKS, run, _plan(CLOSED), cores=2)


def test_a_closed_loop_is_measured_for_its_throughput_and_an_open_one_for_its_cpu_or_median() -> None:
    rows = [_row(number * 10, 5) for number in range(20)]
    closed, opened = _summary(*rows), _summary(*rows, load=OPEN)
    with_cpu = replace(opened, server=replace(opened.server, cpu_ns=20_000.0 * 20))

    assert ((10.0,), (None, 5.0), (20.0, 5.0)) == (
        primary_values(closed, CLOSED),
        primary_values(opened, OPEN),
        primary_values(with_cpu, OPEN),
    )


def test_a_run_lasts_from_its_boot_to_its_end() -> None:
    """One second of its own, one of warm-up, two of measurement; the drain is part of the first."""
    assert duration_s(RUN) == 4.0


@pytest.mark.parametrize(("several", "at"), [(True, {"endpoint": "plain"}), (False, {})])
def test_a_round_without_the_rare_call_keeps_the_place_of_the_other(several: bool, at: dict[str, str]) -> None:
    asked = [_row(10 * number, 5) for number in range(10)]
    cell = CellRun(
        summary=_summary(*asked),
        requests={name: np.array([row[name] for row in asked]) for name in asked[0]},
        endpoints=np.array(["plain"] * len(asked), dtype=object),
        several=several,
        load=CLOSED,
        workers=1,
        alone_ns=None,
        at={},
    )

    (longest,) = (row for row in rows_of(cell) if row.metric == "max_ms")

    assert (at, 5.0) == (longest.at, longest.value)
