"""Self-tests of the driver's records: verdicts on the raw rows (``record.ROW``) of runs whose outcome theory knows.

The server of these runs (``targets/backends/delays.py``) names in the column ``worker`` how many microseconds each
request really took it. Bounds are generous, for machines that are busy with other things; the numbers say how close
it was.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy import stats

from stacklab.analysis.validity.rules.machine import given_away
from stacklab.columns import Column
from stacklab.model.measured.calibration import SelfTestResult, SelfTestVerdict
from stacklab.model.measured.record import Outcome, outcomes_of
from stacklab.units import NS_PER_MS, NS_PER_S, NS_PER_US, Nanoseconds, Seconds

STALL_EDGE_MS: Final = 25.0
"""Requests that waited for less may merely have been slow."""
STALL_COUNT: Final = 0.3
STALL_EVENNESS: Final = 0.2
"""Largest distance between the distribution of the waits and the uniform one (Kolmogorov-Smirnov)."""

WAIT_SHARE: Final = 0.2
WAIT_MS: Final = 1.5
"""The mean wait may differ from the predicted one by so much of it, and by so much: what holds a server up once holds
up all that wait behind it."""
USUAL_WAIT_MS: Final = 0.5
"""The same, of the median of the differences, which does not see what happens once."""

GAPS: Final = 0.08
"""Largest distance between the distribution of the gaps and the exponential one; 0.07 is chance for 800 gaps."""
ON_TIME: Final = 0.999
SOON_MS: Final = 5.0
"""Grace for requests that were due in the last moment of the window."""

DELAY_QUANTILES: Final = (0.5, 0.9, 0.99, 0.999)
DELAY_SHARE: Final = 0.1
DELAY_MS: Final = 8.0

EXCUSED: Final = frozenset({Outcome.REFUSED, Outcome.RESET})
"""Outcomes that a restart of the server explains."""


def stall_is_seen_whole(rows: Column, closed: Column, *, rate: float, stall_s: Seconds) -> SelfTestResult:
    """Requests that arrive while the server stands still each wait for the rest of it: evenly from all to nothing.

    ``closed`` are the rows of one closed-loop user under such a stall, who records one request of it: Gil Tene named
    that coordinated omission. They are shown, not judged.
    """
    waited_ms = latencies_ns(rows) / NS_PER_MS
    stalled = waited_ms[waited_ms > STALL_EDGE_MS]
    seen_closed = int(np.count_nonzero(latencies_ns(closed) / NS_PER_MS > STALL_EDGE_MS))
    stall_ms = stall_s * 1000
    expected = rate * (stall_ms - STALL_EDGE_MS) / 1000
    unevenness = _distance(stalled, stats.uniform(STALL_EDGE_MS, stall_ms - STALL_EDGE_MS))
    return SelfTestResult(
        name="stall",
        passed=abs(len(stalled) - expected) <= STALL_COUNT * expected and unevenness < STALL_EVENNESS,
        text=f"{len(stalled)} requests waited for a server that stalled for {stall_ms:.0f} ms at {rate:.0f} "
        f"requests per second; {expected:.0f} are expected, evenly spread (distance {unevenness:.2f}). "
        f"One FastHttpUser recorded {seen_closed}.",
        numbers={
            "expected": expected,
            "seen": float(len(stalled)),
            "seen_by_closed_loop": float(seen_closed),
            "longest_ms": float(waited_ms.max(initial=0.0)),
            "distance": unevenness,
        },
    )


def waits_are_those_of_a_queue(rows: Column, *, law: str, load: float) -> SelfTestResult:
    """Waits at a server of one thread against Lindley's recursion over what was sent and how long it was served.

    Beside it stands the mean of a run without end (Pollaczek and Khinchine), around which short runs scatter widely.
    """
    services = services_ns(rows)
    predicted = waits_ns(rows["intended_ns"], services)
    unserved = latencies_ns(rows) - services
    # Those that met an idle server tell what the way there and back takes. The first one always does.
    way = np.median(unserved[predicted == 0])
    measured_ms = float(np.mean(unserved - way)) / NS_PER_MS
    lindley_ms = float(np.mean(predicted)) / NS_PER_MS
    usual_error_ms = float(np.median(unserved - way - predicted)) / NS_PER_MS
    formula_ms = _mean_wait_ms(services, load)
    return SelfTestResult(
        name=f"{law} at {load:g}",
        passed=abs(measured_ms - lindley_ms) <= WAIT_SHARE * lindley_ms + WAIT_MS
        and abs(usual_error_ms) <= WAIT_SHARE * lindley_ms + USUAL_WAIT_MS,
        text=f"Requests waited {measured_ms:.2f} ms on average; {lindley_ms:.2f} ms are predicted (median difference "
        f"{usual_error_ms:.2f} ms), and {formula_ms:.2f} ms for a run of infinite length.",
        numbers={
            "measured_ms": measured_ms,
            "lindley_ms": lindley_ms,
            "usual_error_ms": usual_error_ms,
            "formula_ms": formula_ms,
        },
    )


def sent_stream_is_the_planned_one(rows: Column, *, rate: float, end_ns: Nanoseconds) -> SelfTestResult:
    """Gaps between sends are exponential as those of the schedule, and all of it is sent by its end."""
    sent = np.sort(rows["sent_ns"][rows["sent_ns"] >= 0])
    distance = _distance(np.diff(sent) / NS_PER_S, stats.expon(0, 1 / rate))
    achieved = int(np.count_nonzero(sent < end_ns + SOON_MS * NS_PER_MS)) / len(rows)
    return SelfTestResult(
        name="stream",
        passed=distance < GAPS and achieved >= ON_TIME,
        text=f"{achieved:.2%} of {len(rows)} requests were sent in their window; the gaps between them "
        f"follow a Poisson stream to within a distance of {distance:.3f}.",
        numbers={"achieved": achieved, "distance": distance},
    )


def delays_are_measured_as_they_are(rows: Column) -> SelfTestResult:
    """Quantiles of latency against those of the times that the requests really took."""
    named = np.quantile(services_ns(rows), DELAY_QUANTILES) / NS_PER_MS
    measured = np.quantile(latencies_ns(rows), DELAY_QUANTILES) / NS_PER_MS
    labels = [f"p{100 * q:g}" for q in DELAY_QUANTILES]
    told = ", ".join(
        f"{label.upper()} {found:.1f} and {true:.1f}"
        for label, found, true in zip(labels, measured, named, strict=True)
    )
    numbers = {f"{label}_ms": float(found) for label, found in zip(labels, measured, strict=True)}
    true_numbers = {f"{label}_true_ms": float(true) for label, true in zip(labels, named, strict=True)}
    return SelfTestResult(
        name="delays",
        passed=bool(np.all(np.abs(measured - named) <= np.maximum(DELAY_SHARE * named, DELAY_MS))),
        text=f"Latencies with a heavy tail, measured and true, in ms: {told}.",
        numbers=numbers | true_numbers,
    )


def nothing_vanishes(rows: Column, *, intended: int, expected: Sequence[Outcome]) -> SelfTestResult:
    """Every intended request has a row: with the outcome that its endpoint asks for, or one that a restart explains.

    ``expected`` holds the outcomes by the index of the endpoint.
    """
    became = outcomes_of(rows["phase_outcome"])
    wanted = np.array(expected)[rows["endpoint"]]
    as_asked = became == wanted
    by_restart = ~as_asked & np.isin(became, [int(outcome) for outcome in EXCUSED])
    unexplained = int(np.count_nonzero(~as_asked & ~by_restart))
    unseen = set(expected) - {Outcome(code) for code in np.unique(became[as_asked]).tolist()}
    return SelfTestResult(
        name="nothing vanishes",
        passed=len(rows) == intended and unexplained == 0 and not unseen,
        text=f"{intended} requests were intended and {len(rows)} recorded: {int(as_asked.sum())} ended as "
        f"intended, {int(by_restart.sum())} because the server restarted, {unexplained} in some other way.",
        numbers={
            "intended": float(intended),
            "recorded": float(len(rows)),
            "by_restart": float(by_restart.sum()),
            "unexplained": float(unexplained),
        },
    )


def answer(test: SelfTestResult) -> SelfTestVerdict:
    """A driver from which the hypervisor took processor time is not blamed for being late."""
    if test.passed:
        return SelfTestVerdict.PASSED
    return SelfTestVerdict.FAILED if given_away(test.stolen) is None else SelfTestVerdict.CANNOT_TELL


def latencies_ns(rows: Column) -> Column:
    """From the intended start until the response was read."""
    latency: Column = rows["read_ns"] - rows["intended_ns"]
    return latency


def services_ns(rows: Column) -> Column:
    """The service time of each request, as the server reports it."""
    services: Column = rows["worker"].astype(np.int64) * NS_PER_US
    return services


def waits_ns(arrivals_ns: Column, services_ns: Column) -> Column:
    """The wait of each request for those before it, first come first served.

    Lindley's recursion (1952), W[n+1] = max(0, W[n] + S[n] - T[n]) with T the gap to the next arrival, solved: the
    walk of S - T, less the least it has been.
    """
    walk = np.concatenate(([0], np.cumsum(services_ns[:-1] - np.diff(arrivals_ns))))
    waits: Column = walk - np.minimum.accumulate(walk)
    return waits


def _mean_wait_ms(services: Column, load: float) -> float:
    """λ E[S²] / 2(1 - r): rs / 2(1 - r) for a fixed service time s, rs / (1 - r) for an exponential one; r the load."""
    mean = float(np.mean(services))
    second_moment = float(np.mean(np.square(services.astype(np.float64))))
    return load / mean * second_moment / (2 * (1 - load)) / NS_PER_MS


def _distance(sample: Column, law: stats.rv_continuous) -> float:
    """Kolmogorov-Smirnov's; 1, the largest there is, where there is no sample."""
    return float(stats.kstest(sample, law.cdf).statistic) if len(sample) else 1.0
