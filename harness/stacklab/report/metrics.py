"""The numbers that a comparison compares, and their values by round."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from stacklab.report.view import CellView, RoundView


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One number that is compared. ``key`` is its name in the JSON of a report."""

    key: str
    words: str
    unit: str
    of: Callable[[RoundView], float | None]
    floor: str | None = None
    """The name of its noise floor."""
    more_is_better: bool = False


def _quantile(name: str) -> Metric:
    return Metric(
        key=name, words=name.upper(), unit="ms", of=lambda one: one.latency_ms.get(name), floor=f"latency_ms.{name}"
    )


def _share_of_errors(one: RoundView) -> float | None:
    return one.errors / one.requests if one.requests else None


ERRORS: Final = "errors"

METRICS: Final = (
    Metric(
        key="throughput_rps",
        words="throughput",
        unit="req/s",
        of=lambda one: one.throughput_rps,
        floor="throughput_rps",
        more_is_better=True,
    ),
    _quantile("p50"),
    _quantile("p90"),
    _quantile("p99"),
    Metric(
        key="cpu_us_per_request",
        words="CPU per request",
        unit="µs",
        of=lambda one: one.cpu_us_per_request,
        floor="cpu_us_per_request",
    ),
    Metric(key="rss_mib", words="memory (RSS)", unit="MiB", of=lambda one: one.rss_mib),
    Metric(key=ERRORS, words="errors, share of requests", unit="", of=_share_of_errors),
)


def by_round(cell: CellView, metric: Metric) -> Mapping[int, float]:
    """The values there are; a quantile that not every round has enough requests for has none."""
    if metric.key in cell.latency_ms and cell.latency_ms[metric.key] is None:
        return {}
    return {one.round: value for one in cell.rounds if (value := metric.of(one)) is not None}


def with_half_an_error(cell: CellView) -> Mapping[int, float]:
    """Half an error is added to each round, so that none at all has a logarithm (Haldane 1956, Anscombe 1956)."""
    return {one.round: (one.errors + 0.5) / (one.requests + 1) for one in cell.rounds if one.requests}
