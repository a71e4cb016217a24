"""Histograms as the two text formats of HdrHistogram: a percentile table (.hgrm) and an interval log (.hlog, V2)."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from hdrh.log import HistogramLogWriter

from stacklab.analysis.run.histogram import TOP_US, Histogram
from stacklab.units import Seconds

TICKS: Final = 5
"""Lines for each halving of the distance to 100 %, as wrk2 and HdrHistogram's own tools write them."""

US_PER_MS: Final = 1000.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """One run as an interval of a log."""

    tag: str
    """Tells the intervals of a log apart: ``r03``."""
    started_at: str
    """UTC, ISO 8601, whole seconds: of the run, whose measured window begins a few seconds later."""
    length_s: Seconds
    """Length of the measured window."""
    histogram: Histogram


def percentiles(title: str, histogram: Histogram) -> str:
    """The percentile table of one run; values in microseconds."""
    out = io.BytesIO()
    if histogram.latency_us.get_total_count():
        histogram.latency_us.output_percentile_distribution(out, 1, TICKS)
    comments = (f"#[{title}; values in microseconds]", *_losses(histogram.losses))
    return out.getvalue().decode() + "".join(f"{line}\n" for line in comments)


def log(title: str, intervals: Iterable[Interval]) -> str:
    """One tagged interval for each run, in the order of time; runs are replicates and are never merged."""
    ordered = sorted(intervals, key=lambda interval: interval.started_at)
    out = io.StringIO()
    writer = HistogramLogWriter(out)
    writer.output_comment(f"[{title}; values in microseconds, Interval_Max in milliseconds]")
    writer.output_log_format_version()
    if ordered:
        # the package's own method for this line fails
        writer.output_comment(f"[StartTime: {_epoch_s(ordered[0]):.3f} (seconds since epoch), {ordered[0].started_at}]")
    for interval in ordered:
        for line in _losses(interval.histogram.losses):
            writer.output_comment(f"[{interval.tag}: {line.strip('#[]')}]")
    writer.output_legend()
    for interval in ordered:
        start_s = _epoch_s(interval)
        out.write(f"Tag={interval.tag},")  # the package reads tags and does not write them
        writer.output_interval_histogram(
            interval.histogram.latency_us, start_s, start_s + interval.length_s, max_value_unit_ratio=US_PER_MS
        )
    return out.getvalue()


def _losses(losses: Mapping[str, int]) -> tuple[str, ...]:
    """The counts at the top value, as a comment; empty if no request was lost."""
    if not losses:
        return ()
    kinds = ", ".join(f"{count} {kind}" for kind, count in losses.items())
    return (f"#[{sum(losses.values())} requests without a correct response are counted at {TOP_US}: {kinds}]",)


def _epoch_s(interval: Interval) -> float:
    return datetime.fromisoformat(interval.started_at).astimezone(UTC).timestamp()
