"""A history as a page: a chart for each series, those that changed first."""

import math
from itertools import pairwise
from pathlib import Path

from stacklab.analysis.history import History, Series
from stacklab.report.history.json import document
from stacklab.report.history.words import HEADS, changes, opening, remarks, rows, unit_of, verdict
from stacklab.report.kit import canvas
from stacklab.report.kit.canvas import Figure
from stacklab.report.kit.json import rounded
from stacklab.report.kit.svg import ACCENT, ACCENT_2, MUTED, PAPER
from stacklab.report.kit.template import fill
from stacklab.version import __version__

DATE = len("2026-11-30")


def render(history: History, *, templates: Path) -> str:
    """The page. The same history gives the same bytes."""
    return fill(
        "history.html",
        templates=templates,
        version=__version__,
        heading=opening(history),
        changes=list(changes(history)),
        remarks=list(remarks(history)),
        heads=HEADS,
        rows=list(rows(history)),
        series=[(_title(one, history), chart(one, history)) for one in in_order(history)],
        data=rounded(document(history)),
    )


def in_order(history: History) -> list[Series]:
    """The series with the largest change first, then those without one as they come."""
    return sorted(history.series, key=lambda one: -max((abs(math.log(step.ratio)) for step in one.steps), default=0.0))


def chart(one: Series, history: History) -> str:
    """The value of each session with its interval, evenly spaced, and the level between the changes."""
    values = [point.value for point in one.points]
    borders = [0, *(step.index for step in one.steps), len(values)]
    levels = [one.steps[0].before, *(step.after for step in one.steps)] if one.steps else []

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_title(_title(one, history))
        for place, point in enumerate(one.points):
            if point.low is not None and point.high is not None:
                axes.plot([place, place], [point.low, point.high], color=MUTED, linewidth=1.2)
        axes.plot(range(len(values)), values, "o", color=MUTED, markersize=4, markerfacecolor=PAPER)
        for (begin, end), level in zip(pairwise(borders), levels, strict=False):
            axes.plot([begin - 0.4, end - 0.6], [level, level], color=ACCENT, linewidth=2)
        for step in one.steps:
            axes.axvline(step.index - 0.5, color=ACCENT_2, linewidth=1)
        shown = sorted({0, *(step.index for step in one.steps), len(values) - 1})
        axes.set_xticks(shown, [one.points[place].started_at[:DATE] for place in shown])
        axes.set_xlim(-0.8, len(values) - 0.2)

    return canvas.draw(
        draw,
        name=f"history-{one.scenario}-{one.stack}-{one.metric.key}-{one.machine}",
        label=f"{_title(one, history)}: {len(values)} sessions, changes of level: {len(one.steps) or verdict(one)}",
        height=1.7,
        left=0.8,
        right=0.6,
    )


def _title(one: Series, history: History) -> str:
    unit = "times the reference" if history.reference is not None else unit_of(one, history)
    return f"{one.stack}, {one.scenario}: {one.metric.title}{f', {unit}' if unit else ''}"
