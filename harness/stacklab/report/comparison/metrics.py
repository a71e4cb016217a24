"""The numbers that a comparison compares, and their values by round."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from stacklab.analysis.rounds.noise_floor import noise_floor
from stacklab.model.verdict import Validity
from stacklab.report.session.view import CellView, Floors, RoundView, View


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One number that is compared. ``key`` is its name in the JSON of a report."""

    key: str
    words: str
    unit: str
    of: Callable[[RoundView], float | None]
    quoted: Callable[[CellView], bool] = lambda _: True
    """Of a quantile, whether every round of a cell has enough requests for it."""
    more_is_better: bool = False


def _quantile(name: str, field: str, key: str = "{}", words: str = "{}") -> Metric:
    """A quantile of what rounds and cells have under that name."""
    return Metric(
        key=key.format(name),
        words=words.format(name.upper()),
        unit="ms",
        of=lambda one: getattr(one, field).get(name),
        quoted=lambda cell: getattr(cell, field).get(name) is not None,
    )


def _share_of_errors(one: RoundView) -> float | None:
    return one.errors / one.requests if one.requests else None


ERRORS: Final = "errors"

PIECES: Final = (
    *(_quantile(name, "first_byte_ms", "first_byte_{}", "first byte, {}") for name in ("p50", "p99")),
    *(_quantile(name, "gap_ms", "gap_{}", "gap, {}") for name in ("p50", "p99")),
)
"""Only where answers come in pieces."""

METRICS: Final = (
    Metric(
        key="throughput_rps",
        words="throughput",
        unit="req/s",
        of=lambda one: one.throughput_rps,
        more_is_better=True,
    ),
    *(_quantile(name, "latency_ms") for name in ("p50", "p90", "p99")),
    *PIECES,
    Metric(
        key="cpu_us_per_request",
        words="CPU per request",
        unit="µs",
        of=lambda one: one.cpu_us_per_request,
    ),
    Metric(key="rss_mib", words="memory (RSS)", unit="MiB", of=lambda one: one.rss_mib),
    Metric(key=ERRORS, words="errors, share of requests", unit="", of=_share_of_errors),
)


def by_round(cell: CellView, metric: Metric) -> Mapping[int, float]:
    """The values there are; a quantile that not every round has enough requests for has none."""
    if not metric.quoted(cell):
        return {}
    return {one.round: value for one in cell.rounds if (value := metric.of(one)) is not None}


def with_half_an_error(cell: CellView) -> Mapping[int, float]:
    """Half an error is added to each round, so that none at all has a logarithm (Haldane 1956, Anscombe 1956)."""
    return {one.round: (one.errors + 0.5) / (one.requests + 1) for one in cell.rounds if one.requests}


def floors(view: View) -> Floors:
    """The noise floor of every metric by scenario, also of those that no rank is made of.

    Errors have none, nor has anything where no stack was measured twice.
    """
    cells = {(cell.stack, cell.scenario): cell for cell in view.cells}
    found: dict[str, dict[str, float]] = {}
    for twin in view.twins:
        own = cells.get((twin.stack, twin.scenario))
        if own is not None and comparable(own) and comparable(twin):
            found[twin.scenario] = {
                metric.key: floor
                for metric in METRICS
                if metric.key != ERRORS
                and (floor := noise_floor(by_round(own, metric), by_round(twin, metric))) is not None
            }
    return found


def metrics_of(cells: Iterable[CellView]) -> tuple[Metric, ...]:
    """What cells of one scenario have: of pieces nothing, where answers come in one."""
    in_pieces = any(any(cell.first_byte_ms.values()) or any(cell.gap_ms.values()) for cell in cells)
    return tuple(metric for metric in METRICS if in_pieces or metric not in PIECES)


def comparable(cell: CellView) -> bool:
    """Whether the cell has numbers that count."""
    return bool(cell.rounds) and cell.validity is not Validity.VOID
