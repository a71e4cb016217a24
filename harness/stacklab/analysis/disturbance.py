"""Whether something else disturbed a run: judged from the looks at the machine alone, and so before anybody reports.

What disturbs is what makes a cell suspect in a report and has nothing to do with the stack: other work on the machine,
and a driver, or a program, that was kept from its processor. A run is never repeated because of what it measured.
"""

from typing import Final

from stacklab.analysis.frame import Columns, measured_window
from stacklab.analysis.rules.instrument import DRIVER_DELAYED, delayed_share
from stacklab.analysis.rules.machine import OTHERS_CORES, Ours, others_cores
from stacklab.analysis.rules.program import caveats_of_program, watched
from stacklab.analysis.usage import host_usage, tree_usage
from stacklab.model.record import Completed, Ran, Role

DISTURBANCES: Final = frozenset({"host-busy", "driver-delayed", "program-delayed"})
"""The kinds of caveat that such a run would get."""


def disturbances(usage: Columns, run: Completed | Ran) -> frozenset[str]:
    """Which of ``DISTURBANCES`` this run would be doubted for."""
    return _of_program(usage) if isinstance(run, Ran) else _of_cell(usage, run)


def _of_program(usage: Columns) -> frozenset[str]:
    seen = watched(usage)
    return frozenset() if seen is None else DISTURBANCES & {one.kind for one in caveats_of_program(seen, cores=1)}


def _of_cell(usage: Columns, run: Completed) -> frozenset[str]:
    window = measured_window(run)
    ours = Ours(*(tree_usage(usage, role, window) for role in (Role.SERVER, Role.DRIVER, Role.BACKEND)))
    cores = others_cores(host_usage(usage, window), ours.cpu_ns, window.length_s)
    delayed = delayed_share(ours.driver, window.length_s)
    found = {
        "host-busy": cores is not None and cores > OTHERS_CORES,
        "driver-delayed": delayed is not None and delayed > DRIVER_DELAYED,
    }
    return frozenset(kind for kind, disturbs in found.items() if disturbs)
