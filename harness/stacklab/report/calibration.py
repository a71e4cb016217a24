"""A calibration as a stable JSON document, and as text for a terminal."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from stacklab.analysis.instrument.fidelity import answer
from stacklab.analysis.validity.rules.instrument import DRIVER_DELAYED_SUSPECT
from stacklab.model.measured.calibration import Calibration, Ceiling, Dispatch, SelfTestVerdict

HEADROOM: Final = 2
"""A stack above the ceiling's half may be limited by the driver."""

TARGET_LIMITED: Final = 0.9
"""Share of the time for which the driver ran or wanted to, below which it was not the limit of the closed loop."""


def document(calibration: Calibration) -> dict[str, Any]:
    """The document that ``stacklab calibrate --json`` prints; new keys may appear without notice."""
    return {
        "started_at": calibration.started_at,
        "target": calibration.target,
        "seconds": calibration.seconds,
        "closed_loop_rps": calibration.ceiling.rps,
        "driver_rps": calibration.ceiling.driver_rps,
        "closed_loop_driver_cpu": calibration.ceiling.driver_cpu,
        "closed_loop_driver_delayed": calibration.ceiling.driver_delayed,
        "closed_loop_connections": calibration.ceiling.connections,
        "dispatch_lag_us": {str(rate): _lag(found) for rate, found in calibration.dispatch_lag_us.items()},
        "self_tests": [
            {
                "name": test.name,
                "passed": test.passed,
                "answer": answer(test).value,
                "text": test.text,
                "stolen": test.stolen,
                **test.numbers,
            }
            for test in calibration.self_tests
        ],
        "server_cpus": calibration.server_cpus,
        "driver_cpus": calibration.driver_cpus,
        "versions": dict(calibration.versions),
        "host": asdict(calibration.host),
    }


def render(calibration: Calibration, console: Console) -> None:
    """Print the results and their meaning."""
    ceiling = calibration.ceiling
    console.print(
        f"Closed loop, {ceiling.connections} connections, {calibration.target}: {ceiling.rps:,.0f} requests per second "
        f"with {ceiling.driver_cpu:.0%} of a core; with a whole core the driver can handle about "
        f"{ceiling.driver_rps:,.0f}.",
        f"A stack that serves more than {ceiling.driver_rps / HEADROOM:,.0f} per second may be limited by the driver.",
        *_doubts(calibration),
        markup=False,
        highlight=False,
    )
    console.print(_lags(calibration))
    console.print(_self_tests(calibration))


def _doubts(calibration: Calibration) -> Iterator[str]:
    """The reasons why the driver may be better than these numbers."""
    ceiling = calibration.ceiling
    loads: tuple[Ceiling | Dispatch, ...] = (ceiling, *calibration.dispatch_lag_us.values())
    if ceiling.driver_cpu + (ceiling.driver_delayed or 0.0) < TARGET_LIMITED:
        yield "The target limited the closed loop, not the driver."
    worst = max(found.driver_delayed or 0.0 for found in loads)
    if worst > DRIVER_DELAYED_SUSPECT:
        yield (
            f"The driver was ready to run but waited for its core for up to {worst:.0%} of the time: "
            "stop other processes and calibrate again."
        )
    robbed = [test.stolen or 0.0 for test in calibration.self_tests if answer(test) is SelfTestVerdict.CANNOT_TELL]
    if robbed:
        yield (
            f"The hypervisor gave up to {max(robbed):.1%} of the processors' time to other guests while "
            "the driver tested itself: what it missed then is not its fault."
        )


def _lags(calibration: Calibration) -> Table:
    table = Table(title="Lateness of sent requests, in µs", title_justify="left")
    for column in ("offered/s", "P50", "P99", "P99.9", "sent on time", "driver core"):
        table.add_column(column, justify="right")
    for rate, found in calibration.dispatch_lag_us.items():
        lags = (f"{lag:,.0f}" for lag in (found.p50, found.p99, found.p999))
        table.add_row(f"{rate:,}", *lags, f"{found.achieved:.2%}", f"{found.driver_cpu:.0%}")
    return table


def _self_tests(calibration: Calibration) -> Table:
    table = Table("self-test", "", "observation", title="Self-tests of what the driver records", title_justify="left")
    for test in calibration.self_tests:
        table.add_row(test.name, answer(test).value, test.text)
    return table


def _lag(found: Dispatch) -> dict[str, float | None]:
    return {
        "p50": found.p50,
        "p99": found.p99,
        "p99.9": found.p999,
        "achieved": found.achieved,
        "achieved_rps": found.achieved_rps,
        "driver_cpu": found.driver_cpu,
        "driver_delayed": found.driver_delayed,
    }
