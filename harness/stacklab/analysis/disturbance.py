"""Whether something else disturbed a run: judged from the looks at the machine alone, and so before anybody reports.

What disturbs is what makes a cell suspect in a report and has nothing to do with the stack: other work on the machine,
and a driver that was kept from its processor. A run is never repeated because of what it measured.
"""

from typing import Final

from stacklab.analysis.frame import Columns, measured_window
from stacklab.analysis.rules.instrument import DRIVER_DELAYED, delayed_share
from stacklab.analysis.rules.machine import OTHERS_CORES, Ours, others_cores
from stacklab.analysis.usage import host_usage, tree_usage
from stacklab.model.record import Completed, Role

DISTURBANCES: Final = frozenset({"host-busy", "driver-delayed"})
"""The kinds of caveat that such a run would get."""


def disturbed(usage: Columns, run: Completed) -> bool:
    """Whether one of the rules of ``DISTURBANCES`` would doubt this run."""
    window = measured_window(run)
    ours = Ours(*(tree_usage(usage, role, window) for role in (Role.SERVER, Role.DRIVER, Role.BACKEND)))
    cores = others_cores(host_usage(usage, window), ours, window.length_s)
    delayed = delayed_share(ours.driver, window.length_s)
    return (cores is not None and cores > OTHERS_CORES) or (delayed is not None and delayed > DRIVER_DELAYED)
