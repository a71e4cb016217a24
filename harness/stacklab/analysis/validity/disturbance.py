"""Whether something else disturbed a run: judged from the samples of the machine alone, and so before any report.

What disturbs is what makes a cell suspect in a report and has nothing to do with the stack: other work on the machine,
or on its host, and a driver, or a program, that was kept from its processor. A run is never repeated because of what it
measured.
"""

from stacklab.analysis.run.columns import measured_window
from stacklab.analysis.run.resources import host_usage, tree_usage
from stacklab.analysis.validity.rules.instrument import delayed_share, kept_waiting
from stacklab.analysis.validity.rules.machine import Ours, given_away, others_cores, steal_share, used_by_others
from stacklab.analysis.validity.rules.program import caveats_of_program, watched
from stacklab.columns import Columns
from stacklab.model.measured.caveat import DISTURBANCES, Caveat, CaveatKind
from stacklab.model.measured.record import Completed, Ran, Role


def disturbances(usage: Columns, run: Completed | Ran, *, cores: int) -> frozenset[CaveatKind]:
    """Which of ``DISTURBANCES`` this run would be doubted for. ``cores``: those of the machine."""
    found = _of_program(usage, cores) if isinstance(run, Ran) else _of_cell(usage, run, cores)
    return DISTURBANCES & {caveat.kind for caveat in found if caveat is not None}


def _of_program(usage: Columns, cores: int) -> tuple[Caveat, ...]:
    seen = watched(usage)
    return () if seen is None else tuple(caveats_of_program(seen, cores=cores))


def _of_cell(usage: Columns, run: Completed, cores: int) -> tuple[Caveat | None, ...]:
    window = measured_window(run)
    ours = Ours(*(tree_usage(usage, role, window) for role in (Role.SERVER, Role.DRIVER, Role.BACKEND)))
    host = host_usage(usage, window)
    return (
        used_by_others(others_cores(host, ours.cpu_ns, window.length_s)),
        given_away(steal_share(host, window.length_s, cores)),
        kept_waiting(delayed_share(ours.driver, window.length_s)),
    )
