"""Charts: what each shows, as SVG for the page. The same cells give the same bytes."""

from collections.abc import Sequence

from stacklab.analysis.metrics import CPU, CPU_SYSTEM, CPU_USER, PSS, RSS
from stacklab.analysis.rounds.cell import CellResult, in_order
from stacklab.model.measured.verdict import Estimate
from stacklab.report.kit import canvas
from stacklab.report.kit.canvas import Figure
from stacklab.report.kit.palette import Looks
from stacklab.report.kit.svg import ACCENT, ACCENT_2, GRID, INK, MUTED
from stacklab.report.session.view import ScenarioView

MOST_LINES = 5
"""Stacks whose tails have a colour and a name, best first; those of the others are grey."""
MOST_COURSES = 9
"""Stacks whose course over time is drawn, best first."""
MOST_BARS = 16
"""Stacks whose cost is drawn, cheapest first."""

_FIRST_Q = 0.25
"""Start of the percentile plot: faster requests would take half of its height and say nothing about tails."""


_APART = 1.1
"""One point of a tail to the next, to the right: a hundredth of the width."""


def distribution(scenario: ScenarioView, cells: Sequence[CellResult], looks: Looks) -> str | None:
    """Latency over 1/(1-q), both logarithmic, so that the tail has as much room as the middle. None without lines."""
    lines = [(cell, points) for cell in cells if len(points := _thinned(cell.distribution)) > 1]
    if not lines:
        return None

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_title("Latency, ms")
        axes.set_xscale("log")
        for _, points in lines[MOST_LINES:]:
            axes.plot(*zip(*points, strict=True), color=GRID, linewidth=1)
        for cell, points in lines[:MOST_LINES]:
            look, (x, y) = looks[cell.stack], zip(*points, strict=True)
            axes.plot(x, y, color=look.color, linestyle=look.line, gid=f"series-{look.index}")
            axes.plot(*points[-1], look.marker, color=look.color, markersize=4, clip_on=False)
        reach = max(points[-1][0] for _, points in lines)
        axes.set_xlim(min(points[0][0] for _, points in lines), reach * 1.05)
        shown = [n for n in (2, 10, 100, 1000, 10_000, 100_000) if n <= reach]
        axes.set_xticks(shown, [f"P{100 - 100 / n:g}" for n in shown])
        canvas.log_y(axes, [ms for _, points in lines for _, ms in points], at_least=4)
        canvas.label_ends(axes, [(cell, points[-1]) for cell, points in lines[:MOST_LINES]], looks)

    return canvas.draw(
        draw,
        name=f"tail-{scenario.name}",
        label=f"{scenario.name}: latency by percentile for each stack",
        height=3.4,
        left=0.45,
        right=canvas.room_for_names(cell for cell, _ in lines[:MOST_LINES]) + 0.25,
    )


def timeline(scenario: ScenarioView, cells: Sequence[CellResult], looks: Looks) -> str | None:
    """Median and P99 of each slice of one run, one small chart a stack, all on the same scale."""
    drawn = [cell for cell in cells if len(cell.timeline) > 1][:MOST_COURSES]
    if not drawn:
        return None
    columns = 3
    lines = -(-len(drawn) // columns)

    def draw(figure: Figure) -> None:
        grid = figure.subplots(lines, columns, squeeze=False, gridspec_kw={"hspace": 0.75, "wspace": 0.18})
        values = [ms for cell in drawn for _, median, p99 in cell.timeline for ms in (median, p99)]
        until = max(cell.timeline[-1][0] for cell in drawn)
        for place, axes in enumerate(grid.flat):
            if place >= len(drawn):
                axes.set_axis_off()
                continue
            cell = drawn[place]
            seconds, median, p99 = zip(*cell.timeline, strict=True)
            look = looks[cell.stack]
            axes.fill_between(seconds, median, p99, color=look.color, alpha=0.15, linewidth=0)
            axes.plot(seconds, p99, color=look.color, linestyle="--", linewidth=1)
            axes.plot(seconds, median, color=look.color)
            axes.set_title(canvas.named(cell))
            canvas.even_x(axes, until, at_least=2)
            canvas.log_y(axes, values, at_least=3)
            if place % columns:
                axes.set_yticklabels([])
            else:
                axes.set_ylabel("ms")
        figure.text(1, 0, "seconds since the measured window began", ha="right", va="bottom", color=MUTED)

    return canvas.draw(
        draw,
        name=f"time-{scenario.name}",
        label=f"{scenario.name}: median and P99 latency within one run of each stack",
        height=1.45 * lines + 0.45,
        left=0.6,
        bottom=0.5,
        top=0.28,
    )


def resources(scenario: ScenarioView, cells: Sequence[CellResult]) -> str | None:
    """Processor time per request, user and system, and memory, one row a stack, cheapest on top."""
    rows = [cell for cell in in_order(cells, CPU) if cell.rounds][:MOST_BARS]
    if not any(cell.of(CPU) or cell.of(RSS) for cell in rows):
        return None

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        left.set_title("CPU, µs per request")
        right.set_title("Memory, MiB")
        canvas.key_of_dots(right, hollow="RSS", solid="PSS")
        for y, cell in enumerate(rows):
            user, system = _value(cell.of(CPU_USER)), _value(cell.of(CPU_SYSTEM))
            left.barh(y, user, height=0.5, color=ACCENT, label="" if y else "user")
            left.barh(y, system, left=user, height=0.5, color=ACCENT_2, label="" if y else "system")
            if (cost := cell.of(CPU)) is not None:
                canvas.whisker(left, cost, y, INK)
            canvas.dot(right, cell.of(RSS), y, ACCENT, solid=False)
            canvas.dot(right, cell.of(PSS), y, ACCENT, solid=True)
        canvas.key(left)
        for axes in (left, right):
            canvas.rows_down(axes, len(rows))
            canvas.even_x(axes, axes.get_xlim()[1], at_least=3)
        canvas.name_rows(left, rows)
        right.set_yticks([])

    return canvas.draw(
        draw,
        name=f"cost-{scenario.name}",
        label=f"{scenario.name}: processor time per request and memory of each stack",
        height=canvas.ROW * len(rows) + 0.85,
        left=canvas.room_for_names(rows),
    )


def _value(estimate: Estimate | None) -> float:
    """Length of a bar; a part that could not be read has none, and the table beside says so."""
    return estimate.value if estimate is not None else 0.0


def _thinned(distribution: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points of a tail, no nearer to each other than can be seen; the last one stays."""
    found: list[tuple[float, float]] = []
    for q, ms in distribution:
        if not (_FIRST_Q <= q < 1 and ms > 0):
            continue
        point = (1 / (1 - q), ms)
        if len(found) > 1 and point[0] < found[-2][0] * _APART:
            found[-1] = point
        else:
            found.append(point)
    return found
