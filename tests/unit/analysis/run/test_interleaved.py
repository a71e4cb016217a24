"""Slices laid end to end, and which of them count."""

import numpy as np
import pytest

from stacklab.analysis.run.interleaved import Slices, slices_of, sweeps_in_doubt
from stacklab.columns import Columns
from stacklab.model.measured.record import Outcome, Phase
from stacklab.model.traffic.slices import SLICE

MS = 1_000_000


def slices(*rows: dict[str, int]) -> Columns:
    """Slices of 100 ms, one every 300 ms, each with 40 ms of processor time."""
    usual = {"group": 0, "position": 0, "cpu_ns": 40 * MS, "idle_cpu_ns": 0, "delay_ns": MS, "steal_ns": 0}
    usual |= {"switches_voluntary": 7, "switches_involuntary": 1, "driver_cpu_ns": 20 * MS, "driver_delay_ns": 0}
    made = []
    for number, row in enumerate(rows):
        start = 1000 * MS + number * 300 * MS
        times = {"start_ns": start, "measured_ns": start, "end_ns": start + 100 * MS}
        made.append({"sweep": number, **usual, **times, **row})
    return {name: np.array([row[name] for row in made], dtype=np.int64) for name, _ in SLICE}


def requests(*rows: tuple[int, int, Outcome]) -> Columns:
    """(intended ms, took ms, outcome), in the measured phase."""
    intended = np.array([at * MS for at, _, _ in rows], dtype=np.int64)
    took = np.array([ms * MS for _, ms, _ in rows], dtype=np.int64)
    return {
        "phase": np.full(len(rows), Phase.MEASURE, dtype=np.uint8),
        "outcome": np.array([outcome for _, _, outcome in rows], dtype=np.uint8),
        "intended_ns": intended,
        "sent_ns": intended,
        "received_ns": np.full(len(rows), -1),
        "read_ns": intended + took,
    }


def all_of(columns: Columns) -> Slices:
    return slices_of(columns, frozenset())


def test_slices_are_laid_end_to_end_and_latencies_stay_as_they_are() -> None:
    rows = requests((1010, 5, Outcome.OK), (1090, 10, Outcome.OK), (1310, 20, Outcome.OK))

    moved, window = all_of(slices({}, {})).stitched(rows)

    assert [10 * MS, 90 * MS, 110 * MS] == moved["intended_ns"].tolist()
    assert [5 * MS, 10 * MS, 20 * MS] == (moved["read_ns"] - moved["intended_ns"]).tolist()
    assert (0, 200 * MS + 1) == (window.start_ns, window.end_ns)


def test_what_was_never_sent_has_no_time_of_sending_afterwards() -> None:
    rows = requests((1010, 5, Outcome.SHED))
    rows = {**rows, "sent_ns": np.array([-1])}

    moved, _ = all_of(slices({})).stitched(rows)

    assert [-1] == moved["sent_ns"].tolist()


def test_a_sweep_in_doubt_is_left_out_with_its_requests_and_its_counters() -> None:
    rows = requests((1010, 5, Outcome.OK), (1310, 5, Outcome.OK))
    kept = slices_of(slices({}, {}), frozenset({0}))

    moved, window = kept.stitched(rows)

    assert [10 * MS] == moved["intended_ns"].tolist()
    assert (100 * MS, 100 * MS + 1) == (kept.total_ns, window.end_ns)


@pytest.mark.parametrize("waited", [{"delay_ns": 9 * MS}, {"driver_delay_ns": 8 * MS}], ids=lambda one: next(iter(one)))
def test_one_turn_of_another_task_disturbs_no_slice(waited: dict[str, int]) -> None:
    """Every machine runs some, and half of the sweeps of a calm one were left out for 3 to 7 ms each."""
    calm, hit = slices({}, {}, {}, {}, {}), slices({}, {}, waited, {}, {})

    assert frozenset() == sweeps_in_doubt([calm, hit], cores=2)


@pytest.mark.parametrize(
    "robbed",
    [{"steal_ns": 40 * MS}, {"delay_ns": 30 * MS}, {"driver_delay_ns": 20 * MS}],
    ids=lambda one: next(iter(one)),
)
def test_a_slice_that_the_machine_disturbed_puts_the_sweep_of_all_in_doubt(robbed: dict[str, int]) -> None:
    calm, hit = slices({}, {}, {}, {}, {}), slices({}, {}, robbed, {}, {})

    assert frozenset({2}) == sweeps_in_doubt([calm, hit], cores=2)


def test_waiting_that_is_usual_for_a_stack_is_its_own_doing() -> None:
    crowded = slices(*({"delay_ns": 480 * MS} for _ in range(5)))

    assert frozenset() == sweeps_in_doubt([crowded], cores=2)


@pytest.mark.parametrize("outcome", [Outcome.STATUS, Outcome.TIMEOUT, Outcome.RESET])
def test_how_requests_ended_decides_nothing(outcome: Outcome) -> None:
    """The rule is given no rows at all; what counts is what the kernel says of the machine."""
    numbers = all_of(slices({}, {})).numbers(requests((1010, 5, outcome), (1310, 5, Outcome.OK)))

    assert [0.0, 10.0] == numbers.throughput_rps.tolist()


def test_the_numbers_of_a_slice_are_those_of_its_own_requests() -> None:
    rows = requests(
        *((1000 + at, 4, Outcome.OK) for at in range(0, 80, 8)), *((1300 + at, 8, Outcome.OK) for at in (1, 9))
    )

    numbers = all_of(slices({}, {})).numbers(rows)

    assert [100.0, 20.0] == numbers.throughput_rps.tolist()
    assert [4000.0, 20_000.0] == numbers.cpu_us_per_request.tolist()
    assert [4.0] == numbers.p50_ms[:1].tolist()
    assert bool(np.isnan(numbers.p50_ms[1]))  # two requests have no median worth its name


def test_a_counter_that_could_not_be_read_is_unknown_and_not_zero() -> None:
    numbers = all_of(slices({"cpu_ns": -1})).numbers(requests((1010, 5, Outcome.OK)))

    assert bool(np.isnan(numbers.cpu_us_per_request[0]))


def test_a_stack_that_works_while_it_is_sent_nothing_shows() -> None:
    idle = slices({}, {"idle_cpu_ns": 20 * MS}, {"idle_cpu_ns": 60 * MS})

    assert all_of(idle).idle_share == pytest.approx(80 / 400)
