"""Latency against load: P50 and P99 of every trial, the promise, and what was answered in time."""

from collections.abc import Sequence
from statistics import median

from stacklab.analysis.capacity.boots import points
from stacklab.analysis.capacity.result import CapacityResult
from stacklab.report.kit import canvas
from stacklab.report.kit.canvas import Axes, Figure
from stacklab.report.kit.palette import Looks
from stacklab.report.kit.svg import MUTED

_BINS = 12
"""Of the medians over the boots, between the lowest load and the highest."""


def latency_against_load(name: str, capacities: Sequence[CapacityResult], looks: Looks) -> str | None:
    """All stacks under one scenario; the promises of one stack share its trials. None without a trial."""
    drawn = list({one.stack: one for one in capacities if one.boots}.values())
    if not drawn:
        return None

    def draw(figure: Figure) -> None:
        latency, answered = figure.subplots(1, 2)
        latency.set_title("P50 (thin) and P99, ms")
        answered.set_title("Answered in time, req/s")
        reach = 0.0
        every: list[float] = []
        for one in drawn:
            look, trials = looks[one.stack], points(one.boots)
            reach = max(reach, *(trial.offered_rps for trial in trials))
            for share, width, alpha in (("p50_ms", 0.9, 0.25), ("p99_ms", 1.6, 0.35)):
                known = [(trial.offered_rps, ms) for trial in trials if (ms := getattr(trial, share)) is not None]
                every += [ms for _, ms in known]
                latency.plot(*zip(*known, strict=True), look.marker, color=look.color, markersize=2.5, alpha=alpha)
                middle = zip(*_medians(known), strict=True)
                latency.plot(*middle, color=look.color, linestyle=look.line, linewidth=width)
            _shade(latency, one, look.color)
            in_time = [(trial.offered_rps, trial.on_time_rps) for trial in trials]
            answered.plot(*zip(*in_time, strict=True), look.marker, color=look.color, markersize=2.5, alpha=0.35)
            answered.plot(*zip(*_medians(in_time), strict=True), color=look.color, linestyle=look.line)
        for limit in {one.promise.limit_ms for one in capacities if one.promise.limit_ms is not None}:
            latency.axhline(limit, color=MUTED, linewidth=0.9, linestyle=":")
            every.append(limit)
        answered.plot([0, reach], [0, reach], color=MUTED, linewidth=0.6)
        canvas.log_y(latency, every, at_least=3)
        for axes in (latency, answered):
            canvas.even_x(axes, reach * 1.03, at_least=3)
            axes.set_xlabel("Offered, req/s")
        answered.set_ylim(0, reach * 1.05)

    return canvas.draw(
        draw,
        name=f"capacity-{name}",
        label=f"{name}: latency and answered requests of each stack over the offered load",
        height=3.4,
        left=0.45,
        bottom=0.5,
    )


def _shade(axes: Axes, one: CapacityResult, color: str) -> None:
    """Between what was held and what failed."""
    if one.held_rps is not None and one.failed_rps is not None:
        axes.axvspan(one.held_rps, one.failed_rps, color=color, alpha=0.1, linewidth=0)
    if one.capacity is not None:
        axes.axvline(one.capacity.value, color=color, linewidth=0.8)


def _medians(of: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of neighbouring loads: boots differ, and no two have trials at the same load."""
    low, high = min(x for x, _ in of), max(x for x, _ in of)
    width = (high - low) / _BINS or 1.0
    bins: dict[int, list[tuple[float, float]]] = {}
    for x, y in of:
        bins.setdefault(int((x - low) / width), []).append((x, y))
    return [(median(x for x, _ in one), median(y for _, y in one)) for _, one in sorted(bins.items())]
