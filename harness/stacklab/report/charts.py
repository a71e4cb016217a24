"""Charts: drawn by matplotlib as SVG for the page. The same cells give the same bytes."""

import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import matplotlib as mpl  # noqa: TID251 (this module is the one door to matplotlib)
from matplotlib.axes import Axes  # noqa: TID251 (this module is the one door to matplotlib)
from matplotlib.figure import Figure  # noqa: TID251 (this module is the one door to matplotlib)

from stacklab.model.verdict import Estimate, Validity
from stacklab.report.columns import CPU, P50, P99, THROUGHPUT, Column, Standing, in_order, standing
from stacklab.report.numbers import plain
from stacklab.report.svg import ACCENT, ACCENT_2, GRID, INK, MUTED, PAPER, SERIES, inline
from stacklab.report.ticks import even_ticks, log_ticks, spread
from stacklab.report.view import CellView, RoundView, ScenarioView

_WIDTH = 9.0
"""Inches of 72 points each: every chart is 648 units wide."""
_LETTER = 0.073
"""Inches of a letter of a stack's name, on average and with room for wider fonts than matplotlib's."""
_ROW = 0.3
"""Inches for one row."""
_LINE_OF_TEXT = 0.062
"""Of the height of the percentile plot: how near the names at its line ends may come."""
_FIRST_Q = 0.25
"""Where the percentile plot begins: the fastest requests would take half of its height and say nothing of tails."""
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.facecolor": "none",
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.titlesize": 9,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "ytick.major.size": 0,
    "xtick.major.size": 3,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
}
_KEY: Mapping[str, Any] = {
    "loc": "lower right",
    "bbox_to_anchor": (1, 0.98),
    "ncols": 2,
    "borderpad": 0.2,
    "columnspacing": 1,
    "handletextpad": 0.5,
    "labelcolor": MUTED,
}
_LINES = ("-", "--", "-.", ":")
_MARKERS = "osD^vPX*"


@dataclass(frozen=True, slots=True)
class Look:
    """How one stack is drawn on every chart of a page. Colour is never alone: line and marker change with it."""

    index: int

    @property
    def color(self) -> str:
        """One of eight; the ninth stack begins anew, with another line."""
        return SERIES[self.index % len(SERIES)]

    @property
    def line(self) -> str:
        """Changes from stack to stack, and differs where a colour comes again."""
        return _LINES[(self.index + self.index // len(SERIES)) % len(_LINES)]

    @property
    def marker(self) -> str:
        """Changes from stack to stack."""
        return _MARKERS[self.index % len(_MARKERS)]


Looks: TypeAlias = Mapping[str, Look]
_Single: TypeAlias = Callable[[RoundView], float | None]


def looks(stacks: Iterable[str]) -> Looks:
    """Give each stack its look, by its place in the session."""
    return {stack: Look(index) for index, stack in enumerate(stacks)}


def comparison(scenario: ScenarioView, rows: Sequence[CellView], looks: Looks) -> str | None:
    """Dots and 95 % intervals, one row a stack, in the order given: throughput beside P50 (hollow) and P99 (solid)."""
    if not rows:
        return None

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        left.set_title("Throughput, req/s")
        right.set_title("Latency, ms")
        _key(right, ("P50", "P99"))
        _dots(left, rows, looks, [(THROUGHPUT, lambda one: one.throughput_rps, True)])
        _dots(
            right,
            rows,
            looks,
            [
                (P50, lambda one: one.latency_ms.get("p50"), False),
                (P99, lambda one: one.latency_ms.get("p99"), True),
            ],
        )
        _name_rows(left, rows)
        right.set_yticks([])

    return _svg(
        draw,
        name=f"dots-{scenario.name}",
        label=f"{scenario.name}: throughput and latency of each stack with intervals over rounds",
        height=_ROW * len(rows) + 0.85,
        left=_names(rows),
    )


def distribution(scenario: ScenarioView, cells: Sequence[CellView], looks: Looks) -> str | None:
    """Latency over 1/(1-q), both logarithmic, so that the tail has as much room as the middle. None without lines."""
    lines = [
        (cell, points)
        for cell in cells
        if len(points := [(1 / (1 - q), ms) for q, ms in cell.distribution if _FIRST_Q <= q < 1 and ms > 0]) > 1
    ]
    if not lines:
        return None

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_title("Latency, ms")
        axes.set_xscale("log")
        for cell, points in lines:
            look, (x, y) = looks[cell.stack], zip(*points, strict=True)
            axes.plot(x, y, color=look.color, linestyle=look.line, gid=f"series-{look.index}")
            axes.plot(*points[-1], look.marker, color=look.color, markersize=4, clip_on=False)
        reach = max(points[-1][0] for _, points in lines)
        axes.set_xlim(min(points[0][0] for _, points in lines), reach * 1.05)
        shown = [n for n in (2, 10, 100, 1000, 10_000, 100_000) if n <= reach]
        axes.set_xticks(shown, [f"P{100 - 100 / n:g}" for n in shown])
        _log(axes, "y", [ms for _, points in lines for _, ms in points])
        _label_ends(axes, [(cell, points[-1]) for cell, points in lines], looks)

    return _svg(
        draw,
        name=f"tail-{scenario.name}",
        label=f"{scenario.name}: latency by percentile for each stack",
        height=3.4,
        left=0.45,
        right=_names(cell for cell, _ in lines) + 0.25,
    )


def timeline(scenario: ScenarioView, cells: Sequence[CellView], looks: Looks) -> str | None:
    """Median and P99 of each slice of one run, one small chart a stack, all on the same scale."""
    drawn = [cell for cell in cells if len(cell.timeline) > 1]
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
            axes.set_title(_named(cell))
            axes.set_xlim(0, until)
            axes.set_xticks(ticks := even_ticks(0, until, at_least=2), [plain(tick) for tick in ticks])
            _log(axes, "y", values, at_least=3)
            if place % columns:
                axes.set_yticklabels([])
            else:
                axes.set_ylabel("ms")
        figure.text(1, 0, "seconds since the measured window began", ha="right", va="bottom", color=MUTED)

    return _svg(
        draw,
        name=f"time-{scenario.name}",
        label=f"{scenario.name}: median and P99 latency within one run of each stack",
        height=1.45 * lines + 0.45,
        left=0.6,
        bottom=0.5,
        top=0.28,
    )


def resources(scenario: ScenarioView, cells: Sequence[CellView]) -> str | None:
    """Processor time per request, user and system, and memory, one row a stack, cheapest on top."""
    rows = [cell for cell in in_order(cells, CPU) if cell.rounds]
    if not any(cell.cpu_us_per_request or cell.rss_mib for cell in rows):
        return None

    def draw(figure: Figure) -> None:
        left, right = figure.subplots(1, 2)
        left.set_title("CPU, µs per request")
        right.set_title("Memory, MiB")
        _key(right, ("RSS", "PSS"))
        for y, cell in enumerate(rows):
            user, system = _value(cell.cpu_user_us_per_request), _value(cell.cpu_system_us_per_request)
            left.barh(y, user, height=0.5, color=ACCENT, label="" if y else "user")
            left.barh(y, system, left=user, height=0.5, color=ACCENT_2, label="" if y else "system")
            if cell.cpu_us_per_request is not None:
                _whisker(left, cell.cpu_us_per_request, y, INK)
            _dot(right, cell.rss_mib, y, ACCENT, solid=False)
            _dot(right, cell.pss_mib, y, ACCENT, solid=True)
        left.legend(**_KEY, handlelength=0.8)
        for axes in (left, right):
            _rows(axes, len(rows))
            axes.set_xlim(left=0)
            high = axes.get_xlim()[1]
            axes.set_xticks(ticks := even_ticks(0, high), [plain(tick) for tick in ticks])
        _name_rows(left, rows)
        right.set_yticks([])

    return _svg(
        draw,
        name=f"cost-{scenario.name}",
        label=f"{scenario.name}: processor time per request and memory of each stack",
        height=_ROW * len(rows) + 0.85,
        left=_names(rows),
    )


def _names(cells: Iterable[CellView]) -> float:
    """Inches that the longest name needs."""
    return _LETTER * max(len(_named(cell)) for cell in cells) + 0.15


def _key(axes: Axes, hollow_and_solid: tuple[str, str]) -> None:
    """What the two kinds of dots are, above the panel on its right."""
    for name, fill in zip(hollow_and_solid, (PAPER, MUTED), strict=True):
        axes.plot([], [], "o", color=MUTED, markerfacecolor=fill, markersize=6, markeredgewidth=1.5, label=name)
    axes.legend(**_KEY, handlelength=0.6)


def _dots(axes: Axes, rows: Sequence[CellView], looks: Looks, series: Iterable[tuple[Column, _Single, bool]]) -> None:
    """One logarithmic panel: single rounds faint, the estimate over them with its interval."""
    seen: list[float] = []
    for column, single, solid in series:
        for y, cell in enumerate(rows):
            color = looks[cell.stack].color if cell.validity is not Validity.VOID else MUTED
            rounds = [value for one in cell.rounds if (value := single(one))]
            axes.plot(rounds, [y] * len(rounds), "o", color=color, alpha=0.35, markersize=3.5, markeredgewidth=0)
            estimate = column.pick(cell)
            if estimate is not None and estimate.value > 0:
                _whisker(axes, estimate, y, color)
                _dot(axes, estimate, y, color, solid=solid)
                seen += [bound for bound in (estimate.low, estimate.value, estimate.high) if bound and bound > 0]
            seen += rounds
    _rows(axes, len(rows))
    _log(axes, "x", seen)


def _whisker(axes: Axes, estimate: Estimate, y: float, color: str) -> None:
    """The interval, where there is one."""
    if estimate.low is not None and estimate.high is not None:
        axes.plot([estimate.low, estimate.high], [y, y], color=color, linewidth=1.6, solid_capstyle="round")


def _dot(axes: Axes, estimate: Estimate | None, y: float, color: str, *, solid: bool) -> None:
    if estimate is not None:
        fill = color if solid else PAPER
        axes.plot(estimate.value, y, "o", color=color, markersize=6, markerfacecolor=fill, markeredgewidth=1.5)


def _rows(axes: Axes, n: int) -> None:
    """The first row on top, lines between the values only."""
    axes.set_ylim(n - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


def _name_rows(axes: Axes, rows: Sequence[CellView]) -> None:
    """Names on the left; what cannot be believed says so beside its name, and is grey."""
    axes.set_yticks(range(len(rows)), [_named(cell) for cell in rows])
    for label, cell in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_color(INK if cell.rounds and cell.validity is not Validity.VOID else MUTED)


def _named(cell: CellView) -> str:
    word = standing(cell)
    return cell.stack if word is Standing.VALID else f"{cell.stack} ({word})"


def _log(axes: Axes, which: str, values: Sequence[float], *, at_least: int = 4) -> None:
    """A logarithmic axis around the values, with round numbers on it."""
    positive = [value for value in values if 0 < value < math.inf] or [1.0]
    low, high = min(positive) / 1.15, max(positive) * 1.15
    ticks = log_ticks(low, high, at_least=at_least)
    names = [plain(tick) for tick in ticks]
    if which == "x":
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        axes.set_xticks(ticks, names)
    else:
        axes.set_yscale("log")
        axes.set_ylim(low, high)
        axes.set_yticks(ticks, names)
    axes.minorticks_off()


def _label_ends(axes: Axes, ends: Sequence[tuple[CellView, tuple[float, float]]], looks: Looks) -> None:
    """Each line's name to the right of the axes, at the height of its end, moved just enough not to overlap."""
    to_axes = axes.transData + axes.transAxes.inverted()
    heights = spread([to_axes.transform(end)[1] for _, end in ends], _LINE_OF_TEXT)
    for (cell, end), height in zip(ends, heights, strict=True):
        look = looks[cell.stack]
        axes.annotate(
            _named(cell),
            xy=end,
            xytext=(1.05, height),
            textcoords="axes fraction",
            va="center",
            color=look.color,
            gid=f"series-{look.index}",
            arrowprops={"arrowstyle": "-", "color": look.color, "linewidth": 0.6, "alpha": 0.5, "shrinkA": 2},
            annotation_clip=False,
        )


def _value(estimate: Estimate | None) -> float:
    """Length of a bar; a part that could not be read has none, and the table beside says so."""
    return estimate.value if estimate is not None else 0.0


def _svg(
    draw: Callable[[Figure], None],
    *,
    name: str,
    label: str,
    height: float,
    left: float,
    right: float = 0.2,
    top: float = 0.35,
    bottom: float = 0.35,
) -> str:
    """Draw on a figure of ``height`` inches with these margins; no date and no chance goes into the bytes."""
    with mpl.rc_context(_STYLE), mpl.rc_context({"svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH, height))
        figure.subplots_adjust(
            left=left / _WIDTH, right=1 - right / _WIDTH, top=1 - top / height, bottom=bottom / height, wspace=0.17
        )
        draw(figure)
        document = io.StringIO()
        figure.savefig(document, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return inline(document.getvalue(), name=name, label=label)
