"""Every examination, in one table, in the order of the output."""

from collections.abc import Callable
from typing import Final

from stacklab.analysis.doctor import background, limits, network, permissions, processors, timers
from stacklab.model.machine import Diagnosis, Facts, Severity

EXAMINATIONS: Final[tuple[Callable[[Facts], Diagnosis], ...]] = (
    processors.cores,
    processors.siblings,
    processors.pinning,
    processors.quota,
    processors.governor,
    processors.turbo,
    processors.core_speed,
    processors.busy_neighbour,
    processors.virtual,
    background.others,
    background.load,
    background.steal,
    background.pressure,
    timers.clock_source,
    timers.resolution,
    timers.overshoot,
    permissions.profiler,
    permissions.perf_events,
    permissions.schedstat,
    network.ports,
    network.time_wait,
    network.accept_queue,
    network.syn_queue,
    network.overflow,
    limits.open_files,
    limits.memory,
    limits.shared_memory,
    limits.temporary,
    limits.container,
)


def judge(facts: Facts) -> tuple[Diagnosis, ...]:
    """One diagnosis for each examination, healthy ones included."""
    return tuple(examine(facts) for examine in EXAMINATIONS)


def worst(diagnoses: tuple[Diagnosis, ...]) -> Severity:
    """The most severe level."""
    order = tuple(Severity)
    return max((one.level for one in diagnoses), key=order.index, default=Severity.FINE)
