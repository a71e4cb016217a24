"""What the driver can do, from its raw rows (``record.ROW``): a closed loop's rate, an open loop's lateness."""

import numpy as np

from stacklab.analysis.run.quantiles import quantile
from stacklab.columns import Column
from stacklab.model.measured.calibration import Ceiling, Dispatch
from stacklab.model.measured.record import DriverReport, DriverSecond, Outcome, Phase, PhaseSpan, outcomes_of, phases_of
from stacklab.units import NS_PER_S, NS_PER_US


def ceiling(rows: Column, report: DriverReport, *, connections: int) -> Ceiling:
    """Right answers to the measured requests, over the measured window."""
    span = measured_span(report)
    right = outcomes(measured(rows)) == Outcome.OK
    return Ceiling(
        rps=int(np.count_nonzero(right)) * NS_PER_S / (span.end_ns - span.start_ns),
        connections=connections,
        driver_cpu=driver_cpu(report),
        driver_delayed=driver_delayed(report),
    )


def dispatch(rows: Column, report: DriverReport) -> Dispatch:
    """Lateness of the measured requests; one that was never sent is late until it was given up."""
    span, asked = measured_span(report), measured(rows)
    sent = asked["sent_ns"]
    was_sent = sent >= 0
    lag_us = np.sort(np.where(was_sent, sent, asked["read_ns"]) - asked["intended_ns"]) / NS_PER_US
    in_time = int(np.count_nonzero(was_sent & (sent < span.end_ns)))
    return Dispatch(
        p50=quantile(lag_us, 0.5),
        p99=quantile(lag_us, 0.99),
        p999=quantile(lag_us, 0.999),
        achieved=in_time / len(asked),
        achieved_rps=in_time * NS_PER_S / (span.end_ns - span.start_ns),
        driver_cpu=driver_cpu(report),
        driver_delayed=driver_delayed(report),
    )


def driver_cpu(report: DriverReport) -> float:
    """Share of a core that the driver used in the measured window."""
    seconds = _measured_seconds(report)
    return sum(second.cpu_s for second in seconds) / sum(second.wall_s for second in seconds)


def driver_delayed(report: DriverReport) -> float | None:
    """Share of the measured window in which the driver was ready to run and did not; None where that is not known."""
    seconds = _measured_seconds(report)
    delays_s = [second.run_queue_delay_s for second in seconds if second.run_queue_delay_s is not None]
    return sum(delays_s) / sum(second.wall_s for second in seconds) if len(delays_s) == len(seconds) else None


def measured(rows: Column) -> Column:
    """The rows of the measured phase, in the order of their intended start."""
    asked: Column = rows[phases_of(rows["phase_outcome"]) == Phase.MEASURE]
    return np.sort(asked, order="intended_ns", kind="stable")


def outcomes(rows: Column) -> Column:
    """What became of each request."""
    became: Column = outcomes_of(rows["phase_outcome"])
    return became


def measured_span(report: DriverReport) -> PhaseSpan:
    """When the measured window was."""
    return next(span for span in report.spans if span.phase is Phase.MEASURE)


def _measured_seconds(report: DriverReport) -> list[DriverSecond]:
    """The driver's seconds of the measured window: they do not straddle its ends."""
    span = measured_span(report)
    return [second for second in report.seconds if span.start_ns <= second.start_ns < span.end_ns]
