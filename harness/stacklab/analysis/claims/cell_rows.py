"""The numbers of one cell as rows, as a program prints them: what a claim may name as its metric.

Of a scenario with several calls, latency and errors are there for each endpoint: ``at = { endpoint = "plain" }``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from stacklab.analysis.metrics import METRICS, MetricFamily
from stacklab.analysis.run.columns import measured_window
from stacklab.analysis.run.latency import ranked
from stacklab.analysis.run.summary import Summary
from stacklab.analysis.run.work_conservation import stranded_share
from stacklab.columns import Column, Columns, Mask
from stacklab.model.claims.arm import Levels
from stacklab.model.measured.record import Outcome, Phase, Row
from stacklab.model.traffic.load import Arrivals, Load, Open
from stacklab.units import NS_PER_MS, NS_PER_S, Nanoseconds

OWN: Final = {
    "errors": "share of the requests that failed",
    "connection_errors": "share of the requests whose connection was refused or reset",
    "max_ms": "the longest latency",
    "mean_ms": "its mean",
    "cv": "its standard deviation over its mean",
    "p99_over_p50": "P99 over P50",
    "largest_worker_share": "share of the responses that the busiest worker gave",
    "stranded_share": "share of the time in which a request waited for its busy worker while another had nothing to do",
    "makespan_ms": "of bursts: from the start of one to its last response, on average",
    "largest_share_of_burst": "of bursts: the share that one worker answered, on average",
    "answered": "of bursts: how many responses of one came in which second, on average: `at = { second = 1 }`",
}
"""Metrics that exist for claims alone, in words."""

BY_ENDPOINT: Final = tuple(metric for metric in METRICS if metric.in_claims and metric.family is MetricFamily.LATENCY)
BY_CELL: Final = tuple(metric for metric in METRICS if metric.in_claims and metric not in BY_ENDPOINT)

MEANINGS: Final[Mapping[str, str]] = {metric.key: metric.in_claims for metric in (*BY_CELL, *BY_ENDPOINT)} | OWN
"""Metrics that a claim may name, in words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellRun:
    """One run of a cell, with what its rows are made of."""

    summary: Summary
    requests: Columns
    endpoints: Column
    """The name of each request's endpoint."""
    several: bool
    """Whether the scenario has several endpoints: a rare one may be missing from the window of one round."""
    load: Load
    workers: int
    alone_ns: Nanoseconds | None
    """For how long each request keeps its worker to itself; None where they differ, or nobody says so."""
    at: Levels
    """The grid point of its arm at which it was measured."""


def rows_of(cell: CellRun) -> tuple[Row, ...]:
    """Every row of the run."""
    named = {**_of_summary(cell.summary), **_of_workers(cell)}
    rows = [Row(metric=metric, value=value, at=cell.at) for metric, value in named.items() if value is not None]
    measured = cell.requests["phase"] == Phase.MEASURE
    asked = sorted(set(cell.endpoints[measured].tolist()))
    for name in asked:
        at = {**cell.at, "endpoint": name} if cell.several else cell.at
        of = measured & (cell.endpoints == name)
        rows += [Row(metric=metric, value=value, at=at) for metric, value in _of_latency(cell.requests, of)]
    if isinstance(cell.load, Open) and cell.load.arrivals is Arrivals.BURSTS:
        rows += _of_bursts(cell, measured)
    return tuple(rows)


def _of_summary(run: Summary) -> dict[str, float | None]:
    known = {metric.key: metric.of(run) for metric in BY_CELL}
    return {key: None if found is None or found.at_least else found.value for key, found in known.items()}


def _of_workers(cell: CellRun) -> dict[str, float | None]:
    shares = cell.summary.flow.worker_shares
    return {
        "largest_worker_share": shares[0] if shares else None,
        "stranded_share": _stranded(cell),
    }


def _stranded(cell: CellRun) -> float | None:
    if cell.alone_ns is None or cell.workers < 2:
        return None
    window = measured_window(cell.summary.run)
    return stranded_share(cell.requests, window, workers=cell.workers, alone_ns=cell.alone_ns)


def _of_latency(requests: Columns, of: Mask) -> Iterator[tuple[str, float]]:
    """Latency counts from the intended start; lost requests rank behind all others.

    A quantile that falls among lost requests is only a lower bound, and no value; nor has a distribution with losses a
    mean, a scatter or a longest latency: those of the survivors would be smaller the more are lost.
    """
    took_ns = requests["read_ns"][of] - requests["intended_ns"][of]
    lost = requests["outcome"][of] != Outcome.OK
    if not len(took_ns):
        return
    found = ranked(took_ns, lost)
    quoted = found.quoted()
    quantiles = {
        metric.key: one.ms
        for metric in BY_ENDPOINT
        if (one := quoted[metric.quantile]) is not None and not one.at_least
    }
    yield from quantiles.items()
    yield "errors", float(np.count_nonzero(lost)) / len(lost)
    outcomes = requests["outcome"][of]
    broken = (outcomes == Outcome.REFUSED) | (outcomes == Outcome.RESET)
    yield "connection_errors", float(np.count_nonzero(broken)) / len(lost)
    if "p99" in quantiles and quantiles.get("p50"):
        yield "p99_over_p50", quantiles["p99"] / quantiles["p50"]
    if lost.any():
        return
    yield "max_ms", float(found.ordered_ns[-1]) / NS_PER_MS
    known = found.ordered_ns
    if len(known) > 1:
        yield "mean_ms", float(known.mean()) / NS_PER_MS
        yield "cv", float(known.std(ddof=1) / known.mean())


def _of_bursts(cell: CellRun, measured: Mask) -> Iterator[Row]:
    """Requests that were meant to start at the same moment are one burst."""
    requests = cell.requests
    intended, read = requests["intended_ns"][measured], requests["read_ns"][measured]
    worker, ok = requests["worker"][measured], (requests["outcome"] == Outcome.OK)[measured]
    edges = [0, *(np.flatnonzero(np.diff(intended)) + 1).tolist(), len(intended)]
    bursts = [slice(begin, end) for begin, end in pairwise(edges) if end > begin]
    if not bursts:
        return
    spans = [int(read[one].max() - intended[one][0]) for one in bursts]
    yield Row(metric="makespan_ms", value=float(np.mean(spans)) / NS_PER_MS, at=cell.at)
    shares = [_largest_share(worker[one][worker[one] > 0]) for one in bursts]
    known = [share for share in shares if share is not None]
    if known:
        yield Row(metric="largest_share_of_burst", value=float(np.mean(known)), at=cell.at)
    seconds = np.bincount(((read - intended) // NS_PER_S)[ok])
    for second in np.flatnonzero(seconds).tolist():
        yield Row(metric="answered", value=float(seconds[second]) / len(bursts), at={**cell.at, "second": second})


def _largest_share(workers: Column) -> float | None:
    """The share of the busiest worker."""
    if not len(workers):
        return None
    _, counts = np.unique(workers, return_counts=True)
    return float(counts.max()) / len(workers)
