"""The chart of a scenario: a dot for each stack by rate, latency and CPU, on the rows of the table beside it.

It is drawn twice, for wide and for narrow pages, each with the scales by which a script reads values off it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from stacklab.analysis.metrics import CPU, LATENCY, P50, P90, P99, THROUGHPUT, Metric
from stacklab.analysis.rounds.cell import CellResult
from stacklab.model.measured.verdict import Estimate
from stacklab.report.kit import canvas
from stacklab.report.kit.canvas import Axes, Figure
from stacklab.report.kit.svg import ACCENT, INK, MUTED, PAPER
from stacklab.report.session.view import ScenarioView

ROW: Final = 28
"""Height of a row of the table, and so of the wide chart, in CSS pixels; the style sheet says the same."""

_WIDE: Final = 460
_LETTERS: Final = 18
"""That fit below one of three panels."""
_NARROW: Final = 330
_NARROW_ROW: Final = 42
_TOP: Final = 26
_BOTTOM: Final = 24
_SIDE: Final = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """One axis, and the metrics on it: one as a dot, or two as a hollow and a solid one with a line between them."""

    title: str
    unit: str
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dots:
    """Both drawings of a scenario."""

    wide: str
    narrow: str
    scales: dict[str, Any]
    """Of the wide one: its size, its rows, and for each panel its ends in pixels and in units."""


def panels(scenario: ScenarioView, rows: Sequence[CellResult]) -> tuple[Panel, ...]:
    """What is drawn of a scenario: an open loop's throughput is what was offered, and says nothing."""
    tails = (LATENCY["p99.9"], P99, P90) if scenario.is_open else (P99, P90)
    tail = next((one for one in tails if any(cell.of(one) for cell in rows)), P99)
    latency = Panel(title=f"P50 to {tail.title}, ms", unit="ms", metrics=(P50, tail))
    cpu = Panel(title="CPU, µs per request", unit="µs", metrics=(CPU,))
    if scenario.is_open:
        return latency, cpu
    return Panel(title="Throughput, req/s", unit="req/s", metrics=(THROUGHPUT,)), latency, cpu


def dots(scenario: ScenarioView, rows: Sequence[CellResult]) -> Dots | None:
    """Draw the cells in the order given; None where none has a number."""
    chosen = tuple(one for one in panels(scenario, rows) if any(cell.of(m) for cell in rows for m in one.metrics))
    if not chosen:
        return None
    wide, scales = _drawn(scenario, rows, chosen, narrow=False)
    narrow, _ = _drawn(scenario, rows, chosen[:1], narrow=True)
    return Dots(wide=wide, narrow=narrow, scales=scales)


def _drawn(
    scenario: ScenarioView, rows: Sequence[CellResult], chosen: Sequence[Panel], *, narrow: bool
) -> tuple[str, dict[str, Any]]:
    width, row = (_NARROW, _NARROW_ROW) if narrow else (_WIDE, ROW)
    height = _TOP + row * len(rows) + _BOTTOM
    scales: list[dict[str, Any]] = []

    def draw(figure: Figure) -> None:
        for axes, panel in zip(figure.subplots(1, len(chosen), squeeze=False)[0], chosen, strict=True):
            axes.set_title(panel.title)
            _fill(axes, panel, rows)
            axes.set_ylim(len(rows) - 0.5, -0.5)
            axes.set_yticks([])
            if narrow:
                _name(axes, rows)
            box, (low, high) = axes.get_position(), axes.get_xlim()
            ends = [float(f"{edge * width:.1f}") for edge in (box.x0, box.x1)]
            scales.append({"x": ends, "d": [float(f"{end:.4g}") for end in (low, high)], "unit": panel.unit})

    svg = canvas.draw(
        draw,
        name=f"dots-{scenario.name}-{'narrow' if narrow else 'wide'}",
        label=f"{scenario.name}: {', '.join(one.title for one in chosen)} of each stack, with intervals",
        width=width / canvas.PIXELS,
        height=height / canvas.PIXELS,
        left=_SIDE / canvas.PIXELS,
        right=_SIDE / canvas.PIXELS,
        top=_TOP / canvas.PIXELS,
        bottom=_BOTTOM / canvas.PIXELS,
    )
    return svg, {"w": width, "h": height, "top": _TOP, "row": row, "panels": scales}


def _fill(axes: Axes, panel: Panel, rows: Sequence[CellResult]) -> None:
    found = [
        (y, metric, estimate)
        for y, cell in enumerate(rows)
        for metric in panel.metrics
        if (estimate := cell.of(metric)) is not None and estimate.value > 0
    ]
    rounds = [
        (one.value, y + 0.3)
        for y, cell in enumerate(rows)
        for metric in panel.metrics[:1]
        for one in cell.values.get(metric.key, {}).values()
        if one.value > 0 and len(cell.rounds) > 1
    ]
    if len(panel.metrics) > 1:
        _spans(axes, panel.metrics, rows)
    whiskers = [(y, e) for y, _, e in found if _interval(e) is not None]
    if whiskers:
        ends = [_interval(e) for _, e in whiskers]
        low, high = [end[0] for end in ends if end], [end[1] for end in ends if end]
        axes.hlines([y for y, _ in whiskers], low, high, color=INK, linewidth=1.2)
    if rounds:
        axes.plot(*zip(*rounds, strict=True), "|", color=MUTED, markersize=5, markeredgewidth=1)
    for metric in panel.metrics:
        hollow = len(panel.metrics) > 1 and metric is panel.metrics[0]
        for counts in (True, False):
            points = [(e.value, y) for y, m, e in found if m is metric and rows[y].counts is counts]
            if points:
                color = ACCENT if counts else MUTED
                fill = PAPER if hollow else color
                x, y = zip(*points, strict=True)
                axes.plot(x, y, "o", color=color, markersize=7, markerfacecolor=fill, markeredgewidth=1.6)
    values = [value for value, _ in rounds] + [value for _, _, e in found for value in (e.value, *(_interval(e) or ()))]
    canvas.log_x(axes, values, letters=_LETTERS)
    axes.grid(visible=False, axis="y")


def _spans(axes: Axes, metrics: Sequence[Metric], rows: Sequence[CellResult]) -> None:
    """A line from the first to the last metric of a row."""
    ends = [
        (y, first.value, last.value)
        for y, cell in enumerate(rows)
        if (first := cell.of(metrics[0])) is not None and (last := cell.of(metrics[-1])) is not None
    ]
    if ends:
        y, low, high = zip(*ends, strict=True)
        axes.hlines(y, low, high, color=ACCENT, linewidth=2.5, alpha=0.4)


def _interval(estimate: Estimate) -> tuple[float, float] | None:
    """What can be drawn of it on a logarithmic axis."""
    if estimate.low is None or estimate.high is None or estimate.low <= 0:
        return None
    return estimate.low, estimate.high


def _name(axes: Axes, rows: Sequence[CellResult]) -> None:
    """Names over the rows, where there is no room beside them."""
    for y, cell in enumerate(rows):
        axes.text(0, y - 0.32, canvas.named(cell), transform=axes.get_yaxis_transform(), va="center", color=INK)
