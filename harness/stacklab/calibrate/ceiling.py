"""How much the driver can send, and how late it sends: one closed loop, then open ones at growing rates."""

from collections.abc import Mapping
from typing import Final

from stacklab.analysis.instrument.lateness import ceiling, dispatch
from stacklab.calibrate.rig import Rig, Target
from stacklab.errors import StageError
from stacklab.model.measured.calibration import Ceiling, Dispatch
from stacklab.model.traffic.load import Closed, Open
from stacklab.units import Seconds

CONNECTIONS: Final = 32
RATES: Final = (1_000, 5_000, 20_000, 50_000)
"""Requests a second."""
WARMUP_S: Final[Seconds] = 0.5


def closed_loop(rig: Rig, target: Target, *, seconds: Seconds) -> tuple[Ceiling, Mapping[str, str]]:
    """The rate at which driver and target exchange requests, and the versions of the driver.

    Raises StageError if none was answered rightly.
    """
    sent = rig.send(Closed(connections=CONNECTIONS), target, warmup_s=WARMUP_S, measure_s=seconds)
    found = ceiling(sent.rows, sent.report, connections=CONNECTIONS)
    if not found.rps:
        raise StageError(f"{target.host}:{target.port} gave no correct response under load: choose another --target")
    return found, sent.report.versions


def open_loop(rig: Rig, target: Target, *, rate: int, seconds: Seconds) -> Dispatch:
    """How late requests of a Poisson stream are sent."""
    sent = rig.send(Open(rate=float(rate)), target, warmup_s=WARMUP_S, measure_s=seconds)
    return dispatch(sent.rows, sent.report)
