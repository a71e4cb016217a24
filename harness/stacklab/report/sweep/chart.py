"""A sweep, drawn: a line for each stack over one parameter, or the leader over two of them as a map."""

from collections.abc import Sequence

from stacklab.report.kit import canvas
from stacklab.report.kit.canvas import Axes, Figure
from stacklab.report.kit.palette import Looks
from stacklab.report.kit.svg import MUTED, PAPER
from stacklab.report.sweep.view import SweepPoint, SweepView

_FAR = 8.0
"""Values of a parameter that lie further apart than this many times are drawn on a logarithmic axis."""

_MAPPED = 2
"""Parameters of a map."""

_LONGEST = 26
"""Letters of a name in a field of the map."""


def drawn(sweep: SweepView, looks: Looks) -> str | None:
    """The chart; None for more parameters than a drawing has directions, or if there is nothing to draw."""
    if not any(point.values for point in sweep.points):
        return None
    if len(sweep.parameters) == 1:
        return _lines(sweep, looks)
    return _map(sweep, looks) if len(sweep.parameters) == _MAPPED else None


def caption(sweep: SweepView) -> str:
    """What the chart shows."""
    if len(sweep.parameters) == 1:
        return f"{sweep.metric.title} of each stack over {sweep.parameters[0]}, with its 95 % interval."
    return (
        f"The stack that leads by {sweep.metric.phrase} at each point; the field is pale where others may be as good."
    )


def _lines(sweep: SweepView, looks: Looks) -> str:
    (parameter,) = sweep.parameters
    places = _places([point.at[parameter] for point in sweep.points])
    stacks = list(dict.fromkeys(stack for point in sweep.points for stack in point.values))

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_title(f"{sweep.metric.title}, {sweep.metric.unit}")
        reach: list[float] = []
        for stack in stacks:
            look = looks[stack]
            known = [
                (x, found) for x, point in zip(places, sweep.points, strict=True) if (found := point.values.get(stack))
            ]
            axes.plot(
                [x for x, _ in known],
                [found.value for _, found in known],
                look.marker,
                color=look.color,
                linestyle=look.line,
                markersize=5,
                label=canvas.cut(stack),
            )
            for x, found in known:
                reach.append(found.value)
                if found.low is not None and found.high is not None:
                    axes.plot([x, x], [found.low, found.high], color=look.color, linewidth=1.2)
        canvas.log_y(axes, reach, at_least=3)
        _name_values(axes, sweep.points, parameter, places)
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), labelcolor=MUTED)

    longest = max(len(canvas.cut(stack)) for stack in stacks)
    return canvas.draw(
        draw,
        name=f"sweep-{sweep.of}",
        label=f"{sweep.of}: {sweep.metric.phrase} of each stack over {parameter}",
        height=3.4,
        left=0.6,
        right=0.6 + 0.095 * longest,
        bottom=0.5,
    )


def _map(sweep: SweepView, looks: Looks) -> str:
    across, down = sweep.parameters
    columns = list(dict.fromkeys(point.at[across] for point in sweep.points))
    rows = list(dict.fromkeys(point.at[down] for point in sweep.points))

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.grid(visible=False)
        for point in sweep.points:
            x, y = columns.index(point.at[across]), rows.index(point.at[down])
            if not point.leaders:
                axes.text(x, y, "nobody is ranked", ha="center", va="center", color=MUTED)
                continue
            best, *others = point.leaders
            axes.fill_between(
                [x - 0.48, x + 0.48],
                y - 0.46,
                y + 0.46,
                color=looks[best].color,
                alpha=0.18 if others else 0.55,
                linewidth=0,
            )
            more = f"\nor {canvas.cut(others[0], _LONGEST)}" if len(others) == 1 else f"\nor {len(others)} more"
            axes.text(
                x, y, canvas.cut(best, _LONGEST) + (more if others else ""), ha="center", va="center", fontsize=10
            )
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(-0.5, len(rows) - 0.5)
        axes.set_xticks(range(len(columns)), columns)
        axes.set_yticks(range(len(rows)), rows)
        axes.set_xlabel(across)
        axes.set_ylabel(down)
        axes.set_facecolor(PAPER)

    return canvas.draw(
        draw,
        name=f"sweep-{sweep.of}",
        label=f"{sweep.of}: the stack that leads by {sweep.metric.phrase} over {across} and {down}",
        height=0.8 + 0.6 * len(rows),
        left=0.9,
        bottom=0.5,
        top=0.1,
    )


def _places(values: Sequence[str]) -> list[float]:
    """Where the values stand: on their scale if they are numbers, else side by side."""
    try:
        numbers = [float(value) for value in values]
    except ValueError:
        return [float(place) for place in range(len(values))]
    return numbers if len(set(numbers)) == len(numbers) else [float(place) for place in range(len(values))]


def _name_values(axes: Axes, points: Sequence[SweepPoint], parameter: str, places: Sequence[float]) -> None:
    if min(places) > 0 and max(places) / min(places) > _FAR:
        axes.set_xscale("log")
        axes.minorticks_off()
    axes.set_xticks(list(places), [point.at[parameter] for point in points])
    axes.set_xlabel(parameter)
