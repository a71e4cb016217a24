"""``calibration.json`` beside the sessions: the newest calibration of this machine, for reports to quote."""

from pathlib import Path
from typing import Final

from stacklab.model.measured.calibration import Calibration
from stacklab.model.measured.record import Host
from stacklab.store import documents
from stacklab.store.documents import writing
from stacklab.version import __version__

CALIBRATION: Final = "calibration.json"


def keep(calibration: Calibration, results: Path) -> Path:
    """Write it, by rename, in place of an older one; gives the path."""
    path = results / CALIBRATION
    with writing(path):
        results.mkdir(parents=True, exist_ok=True)
        documents.write(path, calibration, Calibration, stacklab=__version__)
    return path


def newest(results: Path) -> Calibration | None:
    """Read it; None where there is none. Raises ``UsageError`` that names the file if it cannot be read."""
    path = results / CALIBRATION
    if not path.is_file():
        return None
    calibration: Calibration
    calibration, _ = documents.read(path, Calibration)
    return calibration


def ceiling_for(host: Host, results: Path) -> float | None:
    """The most requests a second that the driver can exchange on this machine; None where it was not calibrated."""
    calibration = newest(results)
    if calibration is None or _hardware(calibration.host) != _hardware(host):
        return None
    return calibration.ceiling.driver_rps


def _hardware(host: Host) -> tuple[str, str, int, str | None]:
    """What must agree: a new kernel is the same machine, another number of cores is not."""
    return host.machine, host.processor, host.cores, host.virtual
