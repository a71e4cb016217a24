"""The boots of a session of capacity: from the rows of a burst and of a ladder to trials under a promise."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

import numpy as np

from stacklab.analysis.capacity.result import BootResult, CapacityResult, TrialResult, capacity_result
from stacklab.analysis.run.columns import Window, measured_window
from stacklab.analysis.run.latency import Quantile, ranked
from stacklab.analysis.run.summary import Summary
from stacklab.analysis.session import SessionReader, summary_of
from stacklab.columns import Columns, Mask
from stacklab.model.measured.capacity import BURST_SUFFIX, Ladder, RungKind
from stacklab.model.measured.record import Completed, Outcome, Phase
from stacklab.model.promise import ServicePromise
from stacklab.units import NS_PER_MS, NS_PER_S


def capacities(session: SessionReader) -> Iterator[CapacityResult]:
    """Every stack under every scenario and promise, in the order of the plan."""
    if session.plan.capacity is None:
        return
    for scenario in session.plan.scenarios:
        if scenario.name.endswith(BURST_SUFFIX):
            continue
        for stack in session.plan.stacks:
            boots = tuple(_pairs(session, stack.name, scenario.name))
            for promise in session.plan.capacity.promises:
                found = [boot_result(session, burst, climb, promise) for burst, climb in boots]
                yield capacity_result(stack.name, scenario.name, promise, found)


def boots_so_far(session: SessionReader, stack: str, scenario: str, promise: ServicePromise) -> tuple[BootResult, ...]:
    """What is known of a stack by now."""
    return tuple(boot_result(session, *pair, promise) for pair in _pairs(session, stack, scenario))


def maximum_of(session: SessionReader, burst: Completed) -> float:
    """Correct responses a second of a closed loop."""
    return summary_of(session, burst).throughput_rps


def boot_result(session: SessionReader, burst: Completed, climb: Completed, promise: ServicePromise) -> BootResult:
    """One boot under one promise."""
    if climb.ladder is None:
        raise AssertionError("a run without a ladder is no boot")
    most, load = summary_of(session, burst), summary_of(session, climb)
    trials = tuple(_trials(session.requests(climb), measured_window(climb), climb.ladder, promise, climb.cell.round))
    return BootResult(
        boot=climb.cell.round,
        maximum_rps=climb.ladder.maximum_rps,
        server_cores=_share_of_cores(most, most.server.cpu_ns, len(burst.server.cpus)),
        driver_cores=_share_of_cores(most, most.driver.cpu_ns, burst.driver.processes),
        unsent=load.late_share or 0.0,
        floor=tuple(trial for kind, trial in trials if kind is RungKind.FLOOR),
        trials=tuple(trial for kind, trial in trials if kind is RungKind.TRIAL),
    )


def _pairs(session: SessionReader, stack: str, scenario: str) -> Iterator[tuple[Completed, Completed]]:
    runs = {
        (run.cell.scenario, run.cell.round): run
        for run in session.runs
        if isinstance(run, Completed) and run.cell.stack == stack
    }
    for (name, number), climb in sorted(runs.items(), key=lambda item: item[0][1]):
        burst = runs.get((f"{scenario}{BURST_SUFFIX}", number))
        if name == scenario and burst is not None and climb.ladder is not None:
            yield burst, climb


def _share_of_cores(run: Summary, cpu_ns: float | None, cores: int) -> float | None:
    return None if cpu_ns is None or not cores else cpu_ns / (run.window_s * NS_PER_S * cores)


def _trials(
    requests: Columns, window: Window, ladder: Ladder, promise: ServicePromise, boot: int
) -> Iterator[tuple[RungKind, TrialResult]]:
    """Each rung that is judged: requests belong to the rung in which they were meant to start."""
    measured = requests["phase"] == Phase.MEASURE
    ends = accumulate((rung.seconds for rung in ladder.rungs), initial=0.0)
    borders = [window.start_ns + round(window.length_ns * end / ladder.seconds) for end in ends]
    for rung, (start_ns, end_ns) in zip(ladder.rungs, pairwise(borders), strict=True):
        if rung.kind in {RungKind.FLOOR, RungKind.TRIAL}:
            span = Window(start_ns, end_ns)
            own = measured & span.holds(requests["intended_ns"])
            yield rung.kind, replace(_trial(requests, own, span, promise), boot=boot, level=rung.level)


def _trial(requests: Columns, own: Mask, span: Window, promise: ServicePromise) -> TrialResult:
    """The requests of one trial; which one it is is for the caller to say."""
    outcome, took_ns = requests["outcome"][own], (requests["read_ns"] - requests["intended_ns"])[own]
    ok, unfinished = outcome == Outcome.OK, outcome == Outcome.CENSORED
    late = unfinished if promise.limit_ms is None else unfinished | (ok & (took_ns > promise.limit_ms * NS_PER_MS))
    order = ranked(took_ns, ~ok)
    return TrialResult(
        boot=0,
        level=0.0,
        offered_rps=len(outcome) / span.length_s,
        requests=len(outcome),
        late=int(np.count_nonzero(late)),
        failed=int(np.count_nonzero(~ok & ~unfinished)),
        on_time_rps=int(np.count_nonzero(ok & ~late)) / span.length_s,
        p50_ms=_ms(order.at(0.5)),
        p99_ms=_ms(order.at(0.99)),
    )


def _ms(found: Quantile | None) -> float | None:
    return None if found is None else found.ms


def points(boots: Sequence[BootResult]) -> tuple[TrialResult, ...]:
    """All trials, by their offered load."""
    return tuple(sorted((one for boot in boots for one in boot.trials), key=lambda one: one.offered_rps))
