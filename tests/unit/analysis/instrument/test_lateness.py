"""The driver's rate and lateness, from rows whose answer is known on paper. The measured window is second 1 to 3."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stacklab.analysis.instrument.lateness import ceiling, dispatch
from stacklab.model.measured.record import ROW, DriverReport, DriverSecond, Outcome, Phase, PhaseSpan

US = 1_000
S = 1_000_000_000
END = 3 * S


def second(at: int, *, cpu_s: float, delay_s: float | None = 0.0) -> DriverSecond:
    return DriverSecond(start_ns=at * S, cpu_s=cpu_s, run_queue_delay_s=delay_s)


def report(*seconds: DriverSecond) -> DriverReport:
    return DriverReport(
        driver="reactor",
        versions={},
        spans=(
            PhaseSpan(phase=Phase.WARMUP, start_ns=0, end_ns=S),
            PhaseSpan(phase=Phase.MEASURE, start_ns=S, end_ns=END),
            PhaseSpan(phase=Phase.DRAIN, start_ns=END, end_ns=4 * S),
        ),
        intended=0,
        seconds=seconds or (second(0, cpu_s=1), second(1, cpu_s=0.5), second(2, cpu_s=0.25), second(3, cpu_s=1)),
        connects=1,
        gc_collections=0,
        dropped_timers=0,
        kernel_timestamps=False,
    )


def row(at_us: int, *, lag_us: int | None = 0, phase: Phase = Phase.MEASURE, outcome: Outcome = Outcome.OK) -> Any:
    """One request, read 100 µs after its intended start; ``lag_us`` None: it was never sent."""
    intended = S + at_us * US
    values: Mapping[str, int] = {
        "intended_ns": intended,
        "sent_ns": -1 if lag_us is None else intended + lag_us * US,
        "read_ns": intended + 100 * US,
        "phase_outcome": phase << 4 | outcome,
    }
    return tuple(values.get(name, 0) for name, _ in ROW)


def rows(*made: Any) -> NDArray[Any]:
    return np.array(list(made), dtype=list(ROW))


def test_a_rate_is_right_answers_of_the_window_over_its_length() -> None:
    sent = [row(n) for n in range(10)]
    others = [row(1, outcome=Outcome.STATUS), row(2, outcome=Outcome.RESET), row(3, phase=Phase.WARMUP)]

    assert 5.0 == ceiling(rows(*sent, *others), report(), connections=1).rps


def test_the_drivers_share_of_a_core_is_that_of_the_window() -> None:
    assert 0.375 == ceiling(rows(row(0)), report(), connections=1).driver_cpu


def test_the_share_for_which_the_driver_waited_for_its_core_is_that_of_the_window() -> None:
    looked = report(second(0, cpu_s=1, delay_s=1.0), second(1, cpu_s=0, delay_s=0.25), second(2, cpu_s=0, delay_s=0.25))

    assert 0.25 == ceiling(rows(row(0)), looked, connections=1).driver_delayed


def test_a_wait_that_cannot_be_read_is_not_zero() -> None:
    assert dispatch(rows(row(0)), report(second(1, cpu_s=0.5, delay_s=None))).driver_delayed is None


def test_lags_are_quantiles_of_the_measured_requests() -> None:
    lags = [row(n, lag_us=n) for n in range(1, 1001)]
    found = dispatch(rows(*reversed(lags), row(0, lag_us=9_999, phase=Phase.WARMUP)), report())

    assert (500, 990, 999) == (found.p50, found.p99, found.p999)


def test_a_request_that_was_never_sent_is_late_until_it_was_given_up() -> None:
    found = dispatch(rows(row(0), row(1, lag_us=None), row(2, lag_us=None)), report())

    assert (100, 1 / 3) == (found.p50, found.achieved)


@pytest.mark.parametrize(("lag_us", "achieved"), [(1_999_999, 1.0), (2_000_000, 0.5)])
def test_only_what_was_sent_within_the_window_is_achieved(lag_us: int, achieved: float) -> None:
    found = dispatch(rows(row(0), row(0, lag_us=lag_us)), report())

    assert (achieved, achieved) == (found.achieved, found.achieved_rps)
