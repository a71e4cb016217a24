"""What several driver processes left behind becomes one: their rows, and their reports."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from stacklab.driver.loop.rows import write_header
from stacklab.model.measured.record import DriverReport, FailedResponse
from stacklab.model.traffic.warmup import WarmupEnd


def join(parts: Sequence[Path], whole: Path) -> None:
    """Put the rows of several files into one, and remove the parts."""
    arrays = [np.load(part, mmap_mode="r") for part in parts]
    with whole.open("wb") as file:
        write_header(file, arrays[0].dtype, sum(map(len, arrays)))
        for array in arrays:
            file.write(array.data)
    for part in parts:
        part.unlink()


def _doubt(end: WarmupEnd | None) -> int:
    """How far from a plateau: of several processes, the one that is furthest speaks for all."""
    return (None, WarmupEnd.FIXED, WarmupEnd.PLATEAU, WarmupEnd.UNCLEAR, WarmupEnd.DRIFTING).index(end)


def _first_of_each(failures: Iterable[FailedResponse]) -> Iterable[FailedResponse]:
    """One of each kind, as one process alone would have kept."""
    found: dict[tuple[str, int, int], FailedResponse] = {}
    for one in failures:
        found.setdefault((one.endpoint, one.outcome, one.status), one)
    return found.values()


def joined(reports: Iterable[DriverReport]) -> DriverReport:
    """Make one report of those of several processes that shared a load."""
    reports = list(reports)
    spans = tuple(
        replace(alike[0], end_ns=max(span.end_ns for span in alike))
        # those that locust stopped may have been in different phases
        for alike in zip(*(report.spans for report in reports), strict=False)
    )
    return replace(
        reports[0],
        spans=spans,
        warmup_end=max((report.warmup_end for report in reports), key=_doubt),
        interrupted=any(report.interrupted for report in reports),
        intended=sum(report.intended for report in reports),
        seconds=tuple(second for report in reports for second in report.seconds),
        connects=sum(report.connects for report in reports),
        gc_collections=sum(report.gc_collections for report in reports),
        dropped_timers=sum(report.dropped_timers for report in reports),
        processes=len(reports),
        failures=tuple(_first_of_each(one for report in reports for one in report.failures)),
    )
