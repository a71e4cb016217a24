"""A whole calibration: the closed loop, the open ones, the self-tests; about a minute with the usual seconds."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from stacklab.calibrate import selftests
from stacklab.calibrate.ceiling import CONNECTIONS, RATES, closed_loop, open_loop
from stacklab.calibrate.rig import Rig
from stacklab.calibrate.target import NamedTarget
from stacklab.effects import clock
from stacklab.effects.machine.host import read_host
from stacklab.model.measured.calibration import Calibration
from stacklab.units import Seconds


def steps() -> Iterator[str]:
    """What is done, in order."""
    yield f"closed loop, {CONNECTIONS} connections"
    yield from (f"open loop, {rate:,} a second" for rate in RATES)
    yield from (f"self-test: {self_test.name}" for self_test in selftests.self_tests())


def calibrate(
    rig: Rig, aimed: AbstractContextManager[NamedTarget], *, seconds: Seconds, on_step: Callable[[str], None]
) -> Calibration:
    """Measure the driver against the target for so long each, then put it to the self-tests.

    ``on_step`` is called before each of ``steps()``. Raises StageError where the target or the driver breaks.
    """
    started_at = clock.utc_now()
    upcoming = steps()
    with aimed as aim:
        on_step(next(upcoming))
        ceiling, versions = closed_loop(rig, aim.target, seconds=seconds)
        lags = {}
        for rate in RATES:
            on_step(next(upcoming))
            lags[rate] = open_loop(rig, aim.target, rate=rate, seconds=seconds)
    results = []
    for self_test in selftests.self_tests():
        on_step(next(upcoming))
        results.append(selftests.attempt(self_test, rig))
    return Calibration(
        started_at=started_at,
        host=read_host(),
        target=aim.name,
        server_cpus=rig.server_cpus,
        driver_cpus=rig.driver_cpus,
        versions=versions,
        seconds=seconds,
        ceiling=ceiling,
        dispatch_lag_us=lags,
        self_tests=tuple(results),
    )
