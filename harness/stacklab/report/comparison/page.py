"""A comparison as a page: what changed, the answer for each pair, then its ratios as a chart and as a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from stacklab.analysis.comparison.result import ComparisonResult, MetricComparison, PairComparison
from stacklab.model.measured.verdict import Verdict
from stacklab.report.comparison import words
from stacklab.report.comparison.json import document
from stacklab.report.kit import canvas
from stacklab.report.kit.canvas import PIXELS, ROW, Figure
from stacklab.report.kit.json import rounded
from stacklab.report.kit.numbers import number
from stacklab.report.kit.svg import ACCENT, BAND, INK, MUTED, PAPER
from stacklab.report.kit.template import fill
from stacklab.report.session.words.loads import load_in_words
from stacklab.version import __version__

_WIDTH: Final = 330 / PIXELS
"""Inches: a narrow screen has room for it, and a wide one shows it beside the table."""
_TOLD: Final = frozenset({Verdict.FASTER, Verdict.SLOWER})


def render(view: ComparisonResult, failures: Sequence[str], *, templates: Path) -> str:
    """The page, with the conditions of ``--fail-if`` that are met. The same comparison gives the same bytes.

    Raises:
        UsageError: a template is missing or broken.
    """
    return fill(
        "comparison.html",
        templates=templates,
        filters={"shown": words.shown},
        version=__version__,
        view=view,
        words=words,
        failures=failures,
        load=load_in_words,
        charts=[chart(pair, margin=view.margin) for pair in view.pairs],
        data=rounded(document(view, failures)),
    )


def chart(pair: PairComparison, *, margin: float) -> str | None:
    """The ratio of each metric with its interval, around equality and the margin; None where nothing has a ratio.

    What is told apart has the colour of the accent.
    """
    drawn = [(one, ratio) for one in pair.metrics if (ratio := one.ratio) is not None and ratio > 0]
    if not drawn:
        return None

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_title("B / A")
        canvas.rows_down(axes, len(drawn))
        axes.set_yticks(range(len(drawn)), [one.metric.title for one, _ in drawn])
        axes.tick_params(axis="y", labelcolor=INK)
        axes.axvspan(1 / (1 + margin), 1 + margin, color=BAND, linewidth=0)
        axes.axvline(1, color=MUTED, linewidth=1)
        canvas.log_x(axes, [1 / (1 + margin), 1 + margin, *(end for one, _ in drawn for end in _reach(one))])
        for place, (one, ratio) in enumerate(drawn):
            color = ACCENT if one.verdict in _TOLD else MUTED
            if one.low is not None and one.high is not None:
                axes.plot([one.low, one.high], [place, place], color=color, linewidth=1.6)
            fill = color if one.verdict in _TOLD else PAPER
            axes.plot(ratio, place, "o", color=color, markerfacecolor=fill, markersize=6, markeredgewidth=1.5)

    return canvas.draw(
        draw,
        name=f"comparison-{pair.scenario.name}-{pair.names[0]}-{pair.names[1]}",
        label=f"B / A: {', '.join(f'{one.metric.title} {number(ratio)}' for one, ratio in drawn)}",
        height=ROW * len(drawn) + 0.75,
        width=_WIDTH,
        left=1.35,
    )


def _reach(one: MetricComparison) -> tuple[float, ...]:
    """The ratio and the ends of its interval."""
    return tuple(value for value in (one.low, one.ratio, one.high) if value is not None)
