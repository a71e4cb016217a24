"""Whether something else disturbed a run: judged from the looks at the machine alone, and so before anybody reports.

What disturbs is what makes a cell suspect in a report and has nothing to do with the stack: other work on the machine,
or on its host, and a driver, or a program, that was kept from its processor. A run is never repeated because of what it
measured.
"""

from typing import Final

from stacklab.analysis.run.columns import Columns, measured_window
from stacklab.analysis.run.resources import host_usage, tree_usage
from stacklab.analysis.validity.rules.instrument import DRIVER_DELAYED, delayed_share
from stacklab.analysis.validity.rules.machine import OTHERS_CORES, STEAL, Ours, others_cores, steal_share
from stacklab.analysis.validity.rules.program import caveats_of_program, watched
from stacklab.model.record import Completed, Ran, Role

DISTURBANCES: Final = frozenset({"host-busy", "stolen", "driver-delayed", "program-delayed"})
"""The kinds of caveat that such a run would get."""


def disturbances(usage: Columns, run: Completed | Ran, *, cores: int) -> frozenset[str]:
    """Which of ``DISTURBANCES`` this run would be doubted for. ``cores``: those of the machine."""
    return _of_program(usage, cores) if isinstance(run, Ran) else _of_cell(usage, run, cores)


def _of_program(usage: Columns, cores: int) -> frozenset[str]:
    seen = watched(usage)
    return frozenset() if seen is None else DISTURBANCES & {one.kind for one in caveats_of_program(seen, cores=cores)}


def _of_cell(usage: Columns, run: Completed, cores: int) -> frozenset[str]:
    window = measured_window(run)
    ours = Ours(*(tree_usage(usage, role, window) for role in (Role.SERVER, Role.DRIVER, Role.BACKEND)))
    host = host_usage(usage, window)
    others = others_cores(host, ours.cpu_ns, window.length_s)
    given = steal_share(host, window.length_s, cores)
    delayed = delayed_share(ours.driver, window.length_s)
    found = {
        "host-busy": others is not None and others > OTHERS_CORES,
        "stolen": given is not None and given > STEAL,
        "driver-delayed": delayed is not None and delayed > DRIVER_DELAYED,
    }
    return frozenset(kind for kind, disturbs in found.items() if disturbs)
