"""Caveats about a run of a program, which has no driver: was the machine ours, and were its processors?

The window is from the first look at the program to the last.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from stacklab.analysis.run.columns import Window
from stacklab.analysis.run.resources import HostUsage, TreeUsage, host_usage, tree_usage
from stacklab.analysis.validity.rules.machine import given_away, others_cores, steal_share, used_by_others
from stacklab.columns import Columns
from stacklab.model.measured import facts
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.record import Role
from stacklab.model.measured.verdict import Validity
from stacklab.units import NS_PER_S, Seconds

PROGRAM_DELAYED_SUSPECT: Final = 0.05
"""Share of the window in which the program was ready to run and did not; as much as a driver may."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """What the looks say of one run."""

    host: HostUsage
    program: TreeUsage
    threads: int
    """Of all its processes together, at most."""
    window_s: Seconds


def watched(usage: Columns) -> Watched | None:
    """Put the looks together; None where the program ended before the second one."""
    of_program = usage["role"] == Role.SERVER
    times = usage["t_ns"][of_program]
    if not len(times) or times[0] == times[-1]:
        return None
    window = Window(int(times[0]), int(times[-1]))
    moments, which = np.unique(times, return_inverse=True)
    threads = np.bincount(which, weights=usage["threads"][of_program], minlength=len(moments))
    return Watched(
        host=host_usage(usage, window),
        program=tree_usage(usage, Role.SERVER, window),
        threads=int(threads.max()),
        window_s=window.length_s,
    )


def caveats_of_program(run: Watched, *, cores: int) -> Iterator[Caveat]:
    """Every reason to doubt the run. ``cores``: those of the machine."""
    for found in (
        used_by_others(others_cores(run.host, run.program.cpu_ns, run.window_s)),
        given_away(steal_share(run.host, run.window_s, cores)),
        _delayed(delayed_share(run)),
    ):
        if found is not None:
            yield found


def delayed_share(run: Watched) -> float | None:
    """Share of the window in which others kept the program from its processors.

    What its own threads can have kept from each other is left out: all but one wait while one runs. Of a program with
    many threads that is nearly all of it, and what is left says little: then only ``used_by_others`` sees others.
    """
    delay_ns, cpu_ns = run.program.delay_ns, run.program.cpu_ns
    if delay_ns is None or cpu_ns is None:
        return None
    return max(0.0, delay_ns - cpu_ns * (run.threads - 1)) / (run.window_s * NS_PER_S)


def _delayed(share: float | None) -> Caveat | None:
    if share is None or share <= PROGRAM_DELAYED_SUSPECT:
        return None
    return Caveat(kind=CaveatKind.PROGRAM_DELAYED, makes=Validity.SUSPECT, facts={"share": facts.share(share)})
