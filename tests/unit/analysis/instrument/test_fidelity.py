"""The self-tests' verdicts, on made-up rows on both sides of each bound."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stacklab.analysis.instrument import fidelity
from stacklab.model.measured.calibration import SelfTestResult, SelfTestVerdict
from stacklab.model.measured.record import ROW, Outcome, Phase

MS = 1_000_000
S = 1000 * MS
RATE = 400.0
STALL_S = 0.5


def rows_of(
    intended_ns: NDArray[Any],
    latency_ns: NDArray[Any] | int = MS,
    *,
    service_ns: NDArray[Any] | int = 0,
    sent_after_ns: NDArray[Any] | int = 0,
) -> NDArray[Any]:
    """Rows of measured requests that ended well."""
    rows = np.zeros(len(intended_ns), dtype=list(ROW))
    rows["intended_ns"] = intended_ns
    rows["sent_ns"] = intended_ns + sent_after_ns
    rows["read_ns"] = intended_ns + latency_ns
    rows["worker"] = np.asarray(service_ns) // 1000
    rows["phase_outcome"] = Phase.MEASURE << 4 | Outcome.OK
    return rows


def poisson(rate: float, count: int, seed: int = 3) -> NDArray[np.int64]:
    return np.cumsum(np.random.default_rng(seed).exponential(S / rate, size=count)).astype(np.int64)


def stalled(seen: float = 1.0) -> NDArray[Any]:
    """Two seconds at RATE whose middle falls into a stall; the share ``seen`` of those hit carries the wait."""
    intended = poisson(RATE, 800)
    rest = np.maximum(S + round(STALL_S * S) - intended, 0) * (intended > S)
    told = np.random.default_rng(4).random(800) < seen
    return rows_of(intended, np.maximum(rest * told, MS))


def stall(rows: NDArray[Any], closed: NDArray[Any] | None = None) -> SelfTestResult:
    unaware = rows_of(poisson(RATE, 10)) if closed is None else closed
    return fidelity.stall_is_seen_whole(rows, unaware, rate=RATE, stall_s=STALL_S)


def test_a_stall_that_every_request_carries_passes() -> None:
    assert stall(stalled()).passed


@pytest.mark.parametrize("seen", [0.0, 0.02, 0.5])
def test_a_stall_of_which_requests_are_missing_does_not_pass(seen: float) -> None:
    assert not stall(stalled(seen)).passed


def test_a_stall_that_all_carry_alike_does_not_pass() -> None:
    rows = stalled()
    waited = fidelity.latencies_ns(rows) > 25 * MS
    rows["read_ns"][waited] = rows["intended_ns"][waited] + 250 * MS

    assert not stall(rows).passed


def test_a_stall_says_how_many_were_expected_and_seen() -> None:
    closed = rows_of(poisson(RATE, 10), np.array([MS] * 9 + [400 * MS]))
    numbers = stall(stalled(0.0), closed).numbers

    assert (190.0, 0.0, 1.0) == (numbers["expected"], numbers["seen"], numbers["seen_by_closed_loop"])


def test_lindleys_recursion_by_hand() -> None:
    arrivals, services = np.array([0, 3, 4, 20, 21]), np.array([5, 5, 5, 5, 5])

    # the second meets 2 of the first's service, the third 1 + 5 more less its gap; the fourth meets nobody
    assert [0, 2, 6, 0, 4] == fidelity.waits_ns(arrivals, services).tolist()


def test_lindleys_recursion_is_the_recursion() -> None:
    arrivals = poisson(170, 500)
    services = np.random.default_rng(8).exponential(5 * MS, size=500).astype(np.int64)
    waits = [0]
    for n in range(1, 500):
        waits.append(max(0, int(waits[-1] + services[n - 1] - (arrivals[n] - arrivals[n - 1]))))

    assert waits == fidelity.waits_ns(arrivals, services).tolist()


def queued(*, stretched: float = 1.0, more_ms: float = 0.0, way_ms: float = 0.2) -> NDArray[Any]:
    """A queue at load 0.7 whose waits are those predicted, times ``stretched``; those who waited, ``more_ms`` more."""
    arrivals = poisson(140, 700)
    predicted = fidelity.waits_ns(arrivals, np.full(700, 5 * MS))
    waits = predicted * stretched + np.where(predicted > 0, more_ms * MS, 0)
    return rows_of(arrivals, np.rint(waits + (5 + way_ms) * MS).astype(np.int64), service_ns=np.full(700, 5 * MS))


@pytest.mark.parametrize("way_ms", [0.0, 0.2, 3.0])
def test_waits_as_predicted_pass_however_long_the_way(way_ms: float) -> None:
    found = fidelity.waits_are_those_of_a_queue(queued(way_ms=way_ms), law="M/D/1", load=0.7)

    assert found.passed
    assert found.numbers["measured_ms"] == pytest.approx(found.numbers["lindley_ms"])


@pytest.mark.parametrize("rows", [queued(stretched=0.4), queued(stretched=2.0), queued(more_ms=4.0)])
def test_waits_that_are_too_short_or_too_long_do_not_pass(rows: NDArray[Any]) -> None:
    assert not fidelity.waits_are_those_of_a_queue(rows, law="M/D/1", load=0.7).passed


def test_a_usual_error_does_not_hide_behind_a_good_mean() -> None:
    rows = queued(more_ms=-2.5)
    rows["read_ns"][-1] += 1200 * MS

    assert not fidelity.waits_are_those_of_a_queue(rows, law="M/D/1", load=0.7).passed


@pytest.mark.parametrize(("law", "mean_ms"), [("fixed", 5.833), ("exponential", 11.667)])
def test_the_formula_is_that_of_the_law(law: str, mean_ms: float) -> None:
    count = 200_000
    drawn = np.random.default_rng(1).exponential(5 * MS, size=count).astype(np.int64)
    services = np.full(count, 5 * MS) if law == "fixed" else drawn
    rows = rows_of(poisson(140, count), services, service_ns=services)

    # r s / 2 (1 - r) and r s / (1 - r) for s = 5 ms and r = 0.7
    formula_ms = fidelity.waits_are_those_of_a_queue(rows, law=law, load=0.7).numbers["formula_ms"]
    assert formula_ms == pytest.approx(mean_ms, rel=0.02)


def stream(rows: NDArray[Any], *, ends_after_ns: int = 10 * MS) -> bool:
    end_ns = int(rows["intended_ns"][-1]) + ends_after_ns
    return fidelity.sent_stream_is_the_planned_one(rows, rate=200.0, end_ns=end_ns).passed


def test_a_poisson_stream_sent_in_time_passes() -> None:
    assert stream(rows_of(poisson(200, 800), sent_after_ns=50_000))


def test_what_is_due_in_the_last_moment_may_leave_just_after_it() -> None:
    assert stream(rows_of(poisson(200, 800), sent_after_ns=500_000), ends_after_ns=1000)


def test_a_stream_in_steps_of_ten_milliseconds_does_not_pass() -> None:
    intended = poisson(200, 800)

    assert not stream(rows_of(intended, sent_after_ns=-intended % (10 * MS)))


def test_an_even_stream_does_not_pass() -> None:
    assert not stream(rows_of(np.arange(800) * 5 * MS))


def test_a_stream_that_ends_late_does_not_pass() -> None:
    late = np.zeros(800, dtype=np.int64)
    late[-5:] = S

    assert not stream(rows_of(poisson(200, 800), sent_after_ns=late))


def test_a_stream_of_which_some_was_never_sent_does_not_pass() -> None:
    rows = rows_of(poisson(200, 800))
    rows["sent_ns"][:5] = -1

    assert not stream(rows)


def test_nothing_sent_does_not_pass() -> None:
    rows = rows_of(poisson(200, 800))
    rows["sent_ns"] = -1

    assert not stream(rows)


def delayed(measured: float = 1.0, more_ms: float = 0.3, *, tail_only: bool = False) -> NDArray[Any]:
    services = np.sort(np.random.default_rng(2).lognormal(3, 0.8, size=2000) * MS).astype(np.int64)
    factor = np.where(np.arange(2000) >= 1970, measured, 1.0) if tail_only else np.full(2000, measured)
    return rows_of(poisson(500, 2000), (services * factor).astype(np.int64) + round(more_ms * MS), service_ns=services)


def test_delays_measured_as_they_are_pass() -> None:
    assert fidelity.delays_are_measured_as_they_are(delayed()).passed


@pytest.mark.parametrize("rows", [delayed(1.3), delayed(0.5), delayed(more_ms=15.0), delayed(0.7, tail_only=True)])
def test_delays_measured_otherwise_do_not_pass(rows: NDArray[Any]) -> None:
    assert not fidelity.delays_are_measured_as_they_are(rows).passed


EXPECTED = (Outcome.OK, Outcome.STATUS, Outcome.TIMEOUT)


def ended(*became: Outcome) -> NDArray[Any]:
    """Requests of endpoint 0, 1, 2, 0, … that ended so."""
    rows = rows_of(np.arange(len(became)) * MS)
    rows["endpoint"] = np.arange(len(became)) % len(EXPECTED)
    rows["phase_outcome"] = np.array(became) | Phase.MEASURE << 4
    return rows


def whole(rows: NDArray[Any], intended: int) -> bool:
    return fidelity.nothing_vanishes(rows, intended=intended, expected=EXPECTED).passed


@pytest.mark.parametrize("by_restart", [(), (Outcome.REFUSED,), (Outcome.RESET, Outcome.REFUSED)])
def test_requests_that_ended_as_asked_or_by_the_restart_pass(by_restart: tuple[Outcome, ...]) -> None:
    assert whole(ended(*EXPECTED, *by_restart), 3 + len(by_restart))


def test_a_request_without_a_row_does_not_pass() -> None:
    assert not whole(ended(*EXPECTED), 4)


@pytest.mark.parametrize("other", [Outcome.STATUS, Outcome.TIMEOUT, Outcome.CENSORED, Outcome.SHED])
def test_a_request_that_ended_otherwise_does_not_pass(other: Outcome) -> None:
    assert not whole(ended(*EXPECTED, other), 4)


def test_an_ending_that_was_never_seen_does_not_pass() -> None:
    assert not whole(ended(Outcome.OK, Outcome.STATUS, Outcome.RESET), 3)


@pytest.mark.parametrize(
    ("passed", "stolen", "answer"),
    [
        (True, 0.2, SelfTestVerdict.PASSED),
        (False, 0.005, SelfTestVerdict.FAILED),
        (False, None, SelfTestVerdict.FAILED),
        (False, 0.02, SelfTestVerdict.CANNOT_TELL),
    ],
)
def test_a_driver_is_not_blamed_for_what_the_hypervisor_took(
    passed: bool, stolen: float | None, answer: SelfTestVerdict
) -> None:
    found = SelfTestResult(name="x", passed=passed, text="", numbers={}, stolen=stolen)

    assert answer is fidelity.answer(found)
