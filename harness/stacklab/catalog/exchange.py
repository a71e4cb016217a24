"""Reads what other programs keep of benchmarks: Bencher Metric Format, and github-action-benchmark."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from stacklab.errors import UsageError
from stacklab.model.measured.imported import ImportedPoint

KNOWN: Final = "a BMF document, a list for github-action-benchmark, or its data.js"

_ASSIGNMENT: Final = re.compile(r"\s*window\.BENCHMARK_DATA\s*=\s*")


def read(path: Path, *, at: str, label: str) -> tuple[ImportedPoint, ...]:
    """The points of a file; ``at`` and ``label`` are for formats that do not say them.

    Raises UsageError that names the file.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(_ASSIGNMENT.sub("", text).strip().removesuffix(";"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: it cannot be read as JSON ({error}); known are {KNOWN}") from error
    try:
        points = tuple(replace(one, at=one.at or at, label=one.label or label) for one in _points(document))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        raise UsageError(f"{path}: it is neither of {KNOWN} ({type(error).__name__}: {error})") from error
    if not points:
        raise UsageError(f"{path}: it holds no value; known are {KNOWN}")
    return points


def _points(document: Any) -> Iterator[ImportedPoint]:
    if isinstance(document, list):
        for entry in document:
            yield _entry(entry, more_is_better=False)
    elif "entries" in document:
        for commits in document["entries"].values():
            for commit in commits:
                yield from _of_commit(commit)
    else:
        for benchmark, measures in document.items():
            for measure, one in measures.items():
                yield ImportedPoint(
                    benchmark=str(benchmark),
                    measure=str(measure),
                    unit="",
                    value=_finite(one["value"]),
                    low=_number(one, "lower_value"),
                    high=_number(one, "upper_value"),
                    more_is_better="throughput" in measure,
                )


def _of_commit(commit: Mapping[str, Any]) -> Iterator[ImportedPoint]:
    """One entry of data.js: when it was, which commit, and its benchmarks."""
    at = datetime.fromtimestamp(commit["date"] / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    more = "Bigger" in commit.get("tool", "")
    for bench in commit["benches"]:
        yield replace(_entry(bench, more_is_better=more), at=at, label=str(commit["commit"]["id"])[:12])


def _entry(entry: Mapping[str, Any], *, more_is_better: bool) -> ImportedPoint:
    value = _finite(entry["value"])
    spread = re.search(r"\d*\.?\d+(e[-+]?\d+)?", str(entry.get("range", "")), re.IGNORECASE)
    half = float(spread[0]) if spread is not None else None
    return ImportedPoint(
        benchmark=str(entry["name"]),
        measure="value",
        unit=str(entry["unit"]),
        value=value,
        low=None if half is None else value - half,
        high=None if half is None else value + half,
        more_is_better=more_is_better,
    )


def _number(one: Mapping[str, Any], key: str) -> float | None:
    found = one.get(key)
    return None if found is None else _finite(found)


def _finite(found: Any) -> float:
    number = float(found)
    if not math.isfinite(number):
        raise ValueError(f"{found!r} is not a finite number")
    return number
