"""The backends of a session, before its first cell: what cannot be had is said at once, and the rest goes on."""

from collections.abc import Sequence

from rich.console import Console

from stacklab.errors import StageError, UsageError
from stacklab.machine import Machine
from stacklab.model.plan import Cell, Plan, PlannedRun, backends_of
from stacklab.model.traffic.contract import Backend


def start_backends(plan: Plan, steps: Sequence[PlannedRun], here: Machine, console: Console) -> None:
    """Start what the steps need, once for all of them. Raises UsageError if none of them can be done."""
    needed = {step: backends_of(step, plan) if isinstance(step, Cell) else () for step in steps}
    broken: dict[Backend, str] = {}
    for backend in Backend:
        if any(backend in backends for backends in needed.values()):
            try:
                here.backends.require(backend)
            except StageError as error:
                broken[backend] = error.reason
    if not broken:
        return
    without = [step for step, backends in needed.items() if not broken.keys() & set(backends)]
    reasons = "; ".join(broken.values())
    if not without:
        raise UsageError(reasons)
    failing = len(steps) - len(without)
    console.print(f"{reasons}; {failing} of {len(steps)} cells fail for it, the others are measured", markup=False)
