"""A server of one thread, made of arithmetic: its capacity under a promise is known, and judges the search for it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from math import exp, log

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from stacklab.analysis.capacity.ladder import ladder
from stacklab.analysis.capacity.result import BootResult, CapacityResult, TrialResult, aim_of, capacity_result
from stacklab.model.measured.capacity import Ladder, Rung, RungKind
from stacklab.model.promise import ServicePromise

Column = NDArray[np.float64]

RATE = 1000.0
"""Requests a second of the usual queue."""


@dataclass(frozen=True, kw_only=True)
class MadeQueue:
    """One thread, first come first served."""

    rate_rps: float = RATE
    """Of its nominal boot."""
    exponential: bool = False
    """Service times; else all are alike."""
    spread: float = 0.0
    """Standard deviation of the logarithm of the rates of its boots."""
    stall_every_s: float = 0.0
    """Mean time between stalls; 0: there are none."""
    stall_s: float = 0.2
    fails: float = 0.0
    """Share of the requests that fail at any load."""

    def boot(self, chance: np.random.Generator) -> "MadeQueue":
        """The same with the rate of one boot."""
        return replace(self, rate_rps=self.rate_rps * exp(chance.normal(0.0, self.spread)))

    def latencies(self, arrivals: Column, chance: np.random.Generator) -> Column:
        """Of each request, by Lindley's recursion (1952). A stall is a customer who stays as long."""
        count = len(arrivals)
        service = np.full(count, 1 / self.rate_rps)
        if self.exponential:
            service = chance.exponential(1 / self.rate_rps, count)
        real = np.ones(count, dtype=np.bool_)
        if self.stall_every_s:
            length = float(arrivals[-1]) if count else 0.0
            stalls = chance.random(chance.poisson(length / self.stall_every_s)) * length
            arrivals = np.concatenate((arrivals, stalls))
            service = np.concatenate((service, np.full(len(stalls), self.stall_s)))
            real = np.concatenate((real, np.zeros(len(stalls), dtype=np.bool_)))
        order = np.argsort(arrivals, kind="stable")
        done = np.cumsum(service[order])
        ends = done + np.maximum.accumulate(arrivals[order] - (done - service[order]))
        took: Column = np.empty(len(arrivals))
        took[order] = ends - arrivals[order]
        return took[real]


def campaign(
    queue: MadeQueue, promise: ServicePromise, *, seed: int, boots: int = 5, seconds: float = 30.0
) -> CapacityResult:
    """A whole search: boots of the queue, each with a ladder that depends on those before."""
    chance = np.random.default_rng(seed)
    found: list[BootResult] = []
    for number in range(1, boots + 1):
        booted = queue.boot(chance)
        maximum = booted.rate_rps * exp(chance.normal(0.0, 0.01))
        rungs = ladder(maximum, [aim_of(found, promise.allowed)] if found else [], seconds=seconds)
        found.append(_climbed(booted, rungs, promise, number, chance))
    return capacity_result("queue", "made", promise, found)


def _climbed(
    queue: MadeQueue, rungs: Ladder, promise: ServicePromise, number: int, chance: np.random.Generator
) -> BootResult:
    begins = np.cumsum([0.0, *(rung.seconds for rung in rungs.rungs)])
    arrivals = [
        begin + np.sort(chance.random(chance.poisson(rung.level * rungs.maximum_rps * rung.seconds))) * rung.seconds
        for begin, rung in zip(begins, rungs.rungs, strict=False)
    ]
    latencies = queue.latencies(np.concatenate(arrivals), chance)
    of_rungs = np.split(latencies, np.cumsum([len(one) for one in arrivals])[:-1])
    trials: dict[RungKind, list[TrialResult]] = {kind: [] for kind in RungKind}
    for rung, took in zip(rungs.rungs, of_rungs, strict=True):
        trials[rung.kind].append(_trial(rung, took, queue, promise, number, chance))
    return BootResult(
        boot=number,
        maximum_rps=rungs.maximum_rps,
        server_cores=1.0,
        driver_cores=0.2,
        unsent=0.0,
        floor=tuple(trials[RungKind.FLOOR]),
        trials=tuple(trials[RungKind.TRIAL]),
    )


def _trial(
    rung: Rung, took: Column, queue: MadeQueue, promise: ServicePromise, boot: int, chance: np.random.Generator
) -> TrialResult:
    failed = chance.random(len(took)) < queue.fails
    late = ~failed & (took > (np.inf if promise.limit_ms is None else promise.limit_ms / 1000))
    return TrialResult(
        boot=boot,
        level=rung.level,
        offered_rps=len(took) / rung.seconds,
        requests=len(took),
        late=int(late.sum()),
        failed=int(failed.sum()),
        on_time_rps=int((~failed & ~late).sum()) / rung.seconds,
        p50_ms=_quantile_ms(took, 0.5),
        p99_ms=_quantile_ms(took, 0.99),
    )


def _quantile_ms(took: Sequence[float] | Column, share: float) -> float | None:
    return float(np.quantile(took, share)) * 1000 if len(took) else None


def promise(service_times: float) -> ServicePromise:
    """P99 below so many service times."""
    return ServicePromise(text="", allowed=0.01, limit_ms=service_times / RATE * 1000)


def in_theory(service_times: float, *, exponential: bool) -> float:
    """The load, requests a second, at which one request in a hundred takes longer."""
    if exponential:
        return RATE * (1 - log(100) / service_times)
    return RATE * float(brentq(lambda load: _waits_longer(load, service_times - 1) - 0.01, 0.05, 0.999))


def _waits_longer(load: float, service_times: float) -> float:
    """Of M/D/1: the share of requests that wait longer. The terms alternate, so they need many digits."""
    with localcontext() as context:
        context.prec = 80
        rho, limit = Decimal(load), Decimal(service_times)
        total, factorial = Decimal(0), Decimal(1)
        for number in range(int(service_times) + 1):
            factorial *= max(number, 1)
            term = rho * (number - limit)
            total += (term**number if number else 1) / factorial * (-term).exp()
        return float(1 - (1 - rho) * total)
