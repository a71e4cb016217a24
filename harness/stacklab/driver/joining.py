"""What several driver processes left behind becomes one: their rows, and their reports."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from stacklab.driver.rows import write_header
from stacklab.model.record import DriverReport


def join(parts: Sequence[Path], whole: Path) -> None:
    """Put the rows of several files into one, and remove the parts."""
    arrays = [np.load(part, mmap_mode="r") for part in parts]
    with whole.open("wb") as file:
        write_header(file, sum(map(len, arrays)))
        for array in arrays:
            file.write(array.data)
    for part in parts:
        part.unlink()


def joined(reports: Iterable[DriverReport]) -> DriverReport:
    """Make one report of those of several processes that shared a load."""
    reports = list(reports)
    spans = tuple(
        replace(alike[0], end_ns=max(span.end_ns for span in alike))
        for alike in zip(*(report.spans for report in reports), strict=True)
    )
    return replace(
        reports[0],
        spans=spans,
        intended=sum(report.intended for report in reports),
        seconds=tuple(second for report in reports for second in report.seconds),
        connects=sum(report.connects for report in reports),
        gc_collections=sum(report.gc_collections for report in reports),
        dropped_timers=sum(report.dropped_timers for report in reports),
        processes=len(reports),
    )
