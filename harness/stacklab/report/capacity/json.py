"""Capacity as plain data: the numbers, their doubts, and every trial behind them."""

from dataclasses import asdict
from typing import Any

from stacklab.analysis.capacity.boots import points
from stacklab.analysis.capacity.fit import TrialCount, isotonic
from stacklab.analysis.capacity.result import CapacityResult
from stacklab.report.capacity.words import doubt_in_words
from stacklab.report.kit.json import estimate


def capacity_document(one: CapacityResult) -> dict[str, Any]:
    """One stack under one promise; loads are requests a second, ``curve`` is (level, share of bad requests)."""
    trials = points(one.boots)
    counts = [TrialCount(level=trial.level, requests=trial.requests, bad=trial.bad) for trial in trials]
    return {
        "stack": one.stack,
        "scenario": one.scenario,
        "promise": one.promise.text,
        "limit_ms": one.promise.limit_ms,
        "allowed": one.promise.allowed,
        "validity": one.validity,
        "doubts": [{"kind": doubt, "text": doubt_in_words(doubt)} for doubt in one.doubts],
        "limit": one.limit,
        "capacity_rps": estimate(one.capacity),
        "held_rps": one.held_rps,
        "failed_rps": one.failed_rps,
        "goodput_rps": one.goodput_rps,
        "maximum_rps": estimate(one.maximum),
        "curve": isotonic([count for count in counts if count.requests]),
        "trials": [asdict(trial) for trial in trials],
    }
