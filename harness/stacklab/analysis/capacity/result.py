"""The capacity of one stack under one promise, over its boots.

Rule 1: boots are the replicates: two boots of one server differ by more than their requests show. The interval is
    Student's t over the jackknife's pseudo-values of the boots (Tukey 1958; Miller 1974): the trials of all boots share
    one line, as shares of the maximum of their boot, and the estimate is its root times the mean maximum.
Rule 2: three numbers stand beside each other: the load that was held, the load that failed, and what was answered in
    time at the load that was held. A load is held where most of its trials keep the promise, and those of all lower
    loads do; majority, because one stall shall not decide.
Rule 3: a promise that fails at a load without queues says nothing of load. More late requests there than a fifth of
    what is allowed, and the promise cannot be decided on this machine; more than is allowed, and the app is slower than
    the promise.
Rule 4: what the load generator could not send, no server has failed to answer: then the result is void.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log, sqrt
from statistics import fmean, median, stdev
from typing import Final

from scipy.special import stdtrit

from stacklab.analysis.capacity.fit import TrialCount, root
from stacklab.analysis.capacity.ladder import FLOOR_LEVEL, Aim
from stacklab.analysis.rounds.estimate import estimate
from stacklab.model.measured.verdict import Estimate, Validity
from stacklab.model.promise import ServicePromise

FEWEST_BOOTS: Final = 3
"""Fewer have no interval that means anything."""

FLOOR_SHARE: Final = 0.2
"""Of the allowed share of bad requests, that may be bad at a load without queues."""

OUTLYING_SHARE: Final = 0.2
"""Of the trials near the capacity, that may have met something else."""

SATURATED: Final = 0.97
"""Of the maximum: a capacity from here on is the maximum itself."""

BUSY_CORE: Final = 0.9
"""Of the driver's, or of a server's, processors: no more is to be had."""

IDLE_CORE: Final = 0.7

UNSENT: Final = 0.05
"""Share of requests that the driver may send late although a connection is free."""


STEP_IN_LOGARITHMS: Final = 0.8
"""Of the share of bad requests, from one trial to the next."""


class CapacityLimit(StrEnum):
    """What keeps a stack from more."""

    LATENCY = "latency"
    """Requests queue, and the promise breaks before any resource is used up."""
    ERRORS = "errors"
    PROCESSOR = "processor"
    POOL = "pool"
    """Throughput stops although the processors have time left: threads, connections or locks are used up."""
    GENERATOR = "generator"


class CapacityDoubt(StrEnum):
    """Why a capacity is suspect or void."""

    SLOWER = "slower"
    """The promise breaks at a load without queues."""
    UNDECIDABLE = "undecidable"
    """Too many requests are late at a load without queues: by the machine, or by the app."""
    GENERATOR = "generator"
    FEW_BOOTS = "few boots"
    NO_ROOT = "no root"
    """The trials do not show where the promise breaks."""
    STALLS = "stalls"
    """Something other than load made requests late in some boots, or in many trials."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialResult:
    """One trial of one boot under one promise."""

    boot: int
    level: float
    """Offered load as a share of the maximum."""
    offered_rps: float
    requests: int
    late: int
    """Above the limit of the promise, and correct."""
    failed: int
    on_time_rps: float
    """Correct responses within the limit, by their intended start."""
    p50_ms: float | None
    p99_ms: float | None

    @property
    def bad(self) -> int:
        """Late or failed."""
        return self.late + self.failed


@dataclass(frozen=True, kw_only=True, slots=True)
class BootResult:
    """One boot."""

    boot: int
    maximum_rps: float
    server_cores: float | None
    """Processors that the server used at its maximum, as a share of those it had."""
    driver_cores: float | None
    """The same of the driver."""
    unsent: float
    """Share of the requests that the driver sent late although a connection was free."""
    floor: tuple[TrialResult, ...]
    trials: tuple[TrialResult, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CapacityResult:
    """What a stack carries under a promise. Loads are requests a second."""

    stack: str
    scenario: str
    promise: ServicePromise
    boots: tuple[BootResult, ...]
    maximum: Estimate | None
    """Of the closed loop."""
    capacity: Estimate | None
    """Where the share of bad requests reaches what is allowed; None where that is not known."""
    held_rps: float | None
    failed_rps: float | None
    goodput_rps: float | None
    """Correct responses in time at the load that was held."""
    limit: CapacityLimit | None
    validity: Validity
    doubts: tuple[CapacityDoubt, ...]


def capacity_result(stack: str, scenario: str, promise: ServicePromise, boots: Sequence[BootResult]) -> CapacityResult:
    """Judge the boots of one stack under one promise."""
    found, outlying = _capacity(boots, promise.allowed)
    held, failed, goodput = _bracket(boots, promise.allowed)
    doubts = tuple(_doubts(boots, promise.allowed, found, outlying))
    void = {
        CapacityDoubt.SLOWER,
        CapacityDoubt.GENERATOR,
        CapacityDoubt.NO_ROOT,
        CapacityDoubt.FEW_BOOTS,
        CapacityDoubt.UNDECIDABLE,
    } & set(doubts)
    return CapacityResult(
        stack=stack,
        scenario=scenario,
        promise=promise,
        boots=tuple(boots),
        maximum=estimate([boot.maximum_rps for boot in boots]),
        capacity=found,
        held_rps=held,
        failed_rps=failed,
        goodput_rps=goodput,
        limit=_limit(boots, promise.allowed, found, doubts),
        validity=Validity.VOID if void else Validity.SUSPECT if doubts else Validity.VALID,
        doubts=doubts,
    )


def aim_of(boots: Sequence[BootResult], allowed: float) -> Aim:
    """Where the next boot shall look: there must be one before it."""
    found = root(_counts(boots), allowed)
    if found is not None and FLOOR_LEVEL < found.level < 1.0:
        return Aim(level=found.level, step=STEP_IN_LOGARITHMS / found.slope)
    trials = sorted((one for boot in boots for one in boot.trials), key=lambda one: one.level)
    held = max((one.level for one in trials if one.bad <= allowed * one.requests), default=FLOOR_LEVEL)
    failed = min((one.level for one in trials if one.bad > allowed * one.requests), default=1.0)
    low, high = min(held, failed), max(held, failed)
    return Aim(level=(low + high) / 2, step=(high - low) / 4)


def _counts(boots: Sequence[BootResult]) -> list[TrialCount]:
    return [
        TrialCount(level=one.level, requests=one.requests, bad=one.bad)
        for boot in boots
        for one in boot.trials
        if one.requests
    ]


def _log_root(boots: Sequence[BootResult], allowed: float) -> float | None:
    """The logarithm of the capacity in requests a second: the root of the shared line times the mean maximum."""
    found = root(_counts(boots), allowed)
    return None if found is None else log(found.level) + fmean(log(boot.maximum_rps) for boot in boots)


def _capacity(boots: Sequence[BootResult], allowed: float) -> tuple[Estimate | None, float]:
    """With its interval over the boots, and the share of trials that met something else."""
    if len(boots) < 2:
        return None, 0.0
    whole, n = _log_root(boots, allowed), len(boots)
    without = [_log_root([*boots[:place], *boots[place + 1 :]], allowed) for place in range(n)]
    known = [one for one in without if one is not None]
    if whole is None or len(known) < 2:
        return None, 0.0
    fitted = root(_counts(boots), allowed)
    pseudo = [n * whole - (n - 1) * one for one in known]
    half = float(stdtrit(len(known) - 1, 0.975)) * stdev(pseudo) / sqrt(len(known))
    return (
        Estimate(value=exp(whole), low=exp(whole - half), high=exp(whole + half), n=n),
        0.0 if fitted is None else fitted.outlying,
    )


def _bracket(boots: Sequence[BootResult], allowed: float) -> tuple[float | None, float | None, float | None]:
    """Held, failed, and in time at what was held: the medians of the boots."""
    held, failed, goodput = [], [], []
    for boot in boots:
        by_level: dict[float, list[TrialResult]] = {}
        for one in sorted(boot.trials, key=lambda one: one.level):
            by_level.setdefault(one.level, []).append(one)
        last: list[TrialResult] | None = None
        for trials in by_level.values():
            kept = sum(one.bad <= allowed * one.requests for one in trials)
            if 2 * kept <= len(trials):
                failed.append(fmean(one.offered_rps for one in trials))
                break
            last = trials
        if last is not None:
            held.append(fmean(one.offered_rps for one in last))
            goodput.append(fmean(one.on_time_rps for one in last))
    return tuple(median(found) if found else None for found in (held, failed, goodput))  # type: ignore[return-value] # three


def _doubts(
    boots: Sequence[BootResult], allowed: float, found: Estimate | None, outlying: float
) -> list[CapacityDoubt]:
    doubts: list[CapacityDoubt] = []
    floors = [_share(boot.floor) for boot in boots if boot.floor]
    if any(_generator_bound(boot) for boot in boots):
        doubts.append(CapacityDoubt.GENERATOR)
    if len(boots) < FEWEST_BOOTS:
        doubts.append(CapacityDoubt.FEW_BOOTS)
    if floors and median(floors) > allowed:
        doubts.append(CapacityDoubt.SLOWER)
    elif floors and median(floors) > FLOOR_SHARE * allowed:
        doubts.append(CapacityDoubt.UNDECIDABLE)
    elif any(one > allowed for one in floors) or outlying > OUTLYING_SHARE:
        doubts.append(CapacityDoubt.STALLS)
    if found is None and CapacityDoubt.SLOWER not in doubts and len(boots) >= FEWEST_BOOTS:
        doubts.append(CapacityDoubt.NO_ROOT)
    return doubts


def _limit(
    boots: Sequence[BootResult], allowed: float, found: Estimate | None, doubts: Sequence[CapacityDoubt]
) -> CapacityLimit | None:
    """What keeps the stack from more; None where its capacity is not known."""
    if CapacityDoubt.GENERATOR in doubts:
        return CapacityLimit.GENERATOR
    if found is None:
        return None
    broken = [one for boot in boots for one in boot.trials if one.bad > allowed * one.requests]
    if sum(one.failed for one in broken) > sum(one.late for one in broken):
        return CapacityLimit.ERRORS
    if found.value < SATURATED * 0.95 * fmean(boot.maximum_rps for boot in boots):
        return CapacityLimit.LATENCY
    used = [boot.server_cores for boot in boots if boot.server_cores is not None]
    if used and median(used) < IDLE_CORE:
        return CapacityLimit.POOL
    return CapacityLimit.PROCESSOR if used and median(used) >= BUSY_CORE else CapacityLimit.LATENCY


def _generator_bound(boot: BootResult) -> bool:
    return boot.unsent > UNSENT or (boot.driver_cores or 0.0) > BUSY_CORE


def _share(trials: Sequence[TrialResult]) -> float:
    requests = sum(one.requests for one in trials)
    return sum(one.bad for one in trials) / requests if requests else 0.0
