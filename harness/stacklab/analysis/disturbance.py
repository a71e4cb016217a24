"""Whether something else disturbed a run: judged from the looks at the machine alone, and so before anybody reports.

What disturbs is what makes a cell suspect in a report and has nothing to do with the stack: other work on the machine,
and a driver that was kept from its processor. A run is never repeated because of what it measured.
"""

from stacklab.analysis.frame import Columns, measured_window
from stacklab.analysis.rules.instrument import DRIVER_DELAYED, delayed_share
from stacklab.analysis.rules.machine import OTHERS_CORES, others_cores
from stacklab.analysis.usage import host_usage, tree_usage
from stacklab.model.record import Completed, Role


def disturbed(usage: Columns, run: Completed) -> bool:
    """Whether the rules ``host-busy`` or ``driver-delayed`` would doubt this run."""
    window = measured_window(run)
    server, driver = (tree_usage(usage, role, window) for role in (Role.SERVER, Role.DRIVER))
    cores = others_cores(host_usage(usage, window), server, driver, window.length_s)
    delayed = delayed_share(driver, window.length_s)
    return (cores is not None and cores > OTHERS_CORES) or (delayed is not None and delayed > DRIVER_DELAYED)
