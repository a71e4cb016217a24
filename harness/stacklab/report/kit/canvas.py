"""The canvas: matplotlib, its style, and axes that read well. What is drawn on it is in ``charts``."""

import io
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import matplotlib as mpl  # noqa: TID251 (this module is the one door to matplotlib)
from matplotlib.axes import Axes  # noqa: TID251 (this module is the one door to matplotlib)
from matplotlib.figure import Figure  # noqa: TID251 (this module is the one door to matplotlib)

from stacklab.analysis.rounds.cell import CellResult, Standing
from stacklab.model.measured.verdict import Estimate, Validity
from stacklab.report.kit.numbers import plain
from stacklab.report.kit.palette import Looks
from stacklab.report.kit.svg import GRID, INK, MUTED, PAPER, inline
from stacklab.report.kit.ticks import even_ticks, log_ticks, spread

__all__ = ["Axes", "Figure"]

PIXELS = 72
"""CSS pixels of an inch, because charts are shown as large as they are drawn: a letter of 12 points is one of 12 px."""
_WIDTH = 1130 / PIXELS
"""Inches of a chart over the whole width of the page."""
_LETTER = 0.095
"""Inches of a letter of a stack's name, on average and with room for wider fonts than matplotlib's."""
_LONGEST = 42
"""Letters of a name beside a chart."""
ROW = 0.3
"""Inches for one row."""
_LINE_OF_TEXT = 0.062
"""Smallest distance between the names at line ends, as a share of the percentile plot's height."""
_FEWEST_TICKS = 2
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": 12,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.facecolor": "none",
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.titlesize": 12,
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


def draw(
    draw: Callable[[Figure], None],
    *,
    name: str,
    label: str,
    height: float,
    left: float,
    width: float = _WIDTH,
    right: float = 0.2,
    top: float = 0.35,
    bottom: float = 0.35,
) -> str:
    """Draw on a figure of ``height`` inches with these margins; no date and no chance goes into the bytes."""
    with mpl.rc_context(_STYLE), mpl.rc_context({"svg.hashsalt": name}):
        figure = Figure(figsize=(width, height))
        figure.subplots_adjust(
            left=left / width, right=1 - right / width, top=1 - top / height, bottom=bottom / height, wspace=0.12
        )
        draw(figure)
        document = io.StringIO()
        figure.savefig(document, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return inline(document.getvalue(), name=name, label=label)


def room_for_names(cells: Iterable[CellResult]) -> float:
    """Inches that the longest name needs."""
    return _LETTER * max(len(named(cell)) for cell in cells) + 0.15


def key(axes: Axes) -> None:
    """The legend of a panel, above it on its right."""
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1, 0.98),
        ncols=2,
        borderpad=0.2,
        columnspacing=1,
        handlelength=0.8,
        handletextpad=0.5,
        labelcolor=MUTED,
    )


def key_of_dots(axes: Axes, *, hollow: str, solid: str) -> None:
    """The legend of the two kinds of dots."""
    for name, fill in ((hollow, PAPER), (solid, MUTED)):
        axes.plot([], [], "o", color=MUTED, markerfacecolor=fill, markersize=6, markeredgewidth=1.5, label=name)
    key(axes)


def whisker(axes: Axes, estimate: Estimate, y: float, color: str) -> None:
    """The interval, where there is one."""
    if estimate.low is not None and estimate.high is not None:
        axes.plot([estimate.low, estimate.high], [y, y], color=color, linewidth=1.6, solid_capstyle="round")


def dot(axes: Axes, estimate: Estimate | None, y: float, color: str, *, solid: bool) -> None:
    """The value itself, where there is one."""
    if estimate is not None:
        fill = color if solid else PAPER
        axes.plot(estimate.value, y, "o", color=color, markersize=6, markerfacecolor=fill, markeredgewidth=1.5)


def rows_down(axes: Axes, n: int) -> None:
    """The first row on top, lines between the values only."""
    axes.set_ylim(n - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


def name_rows(axes: Axes, rows: Sequence[CellResult]) -> None:
    """Names on the left; a void or failed cell is grey and marked as such."""
    axes.set_yticks(range(len(rows)), [named(cell) for cell in rows])
    for label, cell in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_color(INK if cell.rounds and cell.validity is not Validity.VOID else MUTED)


def named(cell: CellResult) -> str:
    """The stack, with the standing of its cell unless that is valid."""
    name = cut(cell.stack)
    return name if cell.standing is Standing.VALID else f"{name} ({cell.standing})"


def cut(name: str, longest: int = _LONGEST) -> str:
    """A name that leaves room for what is drawn; the end of a long one stays, because variants differ there."""
    return name if len(name) <= longest else f"{name[: longest // 3]}…{name[-2 * longest // 3 :]}"


def log_x(axes: Axes, values: Sequence[float], *, letters: int | None = None) -> None:
    """A logarithmic axis around the values, with round numbers on it; ``letters``: as many as fit below it."""
    low, high = _around(values)
    ticks = log_ticks(low, high, at_least=4)
    while letters is not None and len(ticks) > _FEWEST_TICKS and sum(len(plain(one)) + 1 for one in ticks) > letters:
        ticks = ticks[::2]
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_xticks(ticks, [plain(tick) for tick in ticks])
    axes.minorticks_off()


def log_y(axes: Axes, values: Sequence[float], *, at_least: int) -> None:
    """A logarithmic vertical axis with at least ``at_least`` numbers on it."""
    low, high = _around(values)
    ticks = log_ticks(low, high, at_least=at_least)
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.set_yticks(ticks, [plain(tick) for tick in ticks])
    axes.minorticks_off()


def even_x(axes: Axes, until: float, *, at_least: int) -> None:
    """An axis from zero, with round numbers on it."""
    ticks = even_ticks(0, until, at_least=at_least)
    axes.set_xlim(0, until)
    axes.set_xticks(ticks, [plain(tick) for tick in ticks])


def _around(values: Sequence[float]) -> tuple[float, float]:
    """The ends of the positive values, with some room beyond them."""
    positive = [value for value in values if 0 < value < math.inf] or [1.0]
    return min(positive) / 1.15, max(positive) * 1.15


def label_ends(axes: Axes, ends: Sequence[tuple[CellResult, tuple[float, float]]], looks: Looks) -> None:
    """Each line's name to the right of the axes, at the height of its end, moved just enough not to overlap."""
    to_axes = axes.transData + axes.transAxes.inverted()
    heights = spread([to_axes.transform(end)[1] for _, end in ends], _LINE_OF_TEXT)
    for (cell, end), height in zip(ends, heights, strict=True):
        look = looks[cell.stack]
        axes.annotate(
            named(cell),
            xy=end,
            xytext=(1.05, height),
            textcoords="axes fraction",
            va="center",
            color=look.color,
            gid=f"series-{look.index}",
            arrowprops={"arrowstyle": "-", "color": look.color, "linewidth": 0.6, "alpha": 0.5, "shrinkA": 2},
            annotation_clip=False,
        )
