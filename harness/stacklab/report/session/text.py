"""The view in a terminal: one table per scenario, with its caveats below."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from stacklab.analysis.capacity.result import CapacityResult
from stacklab.analysis.comparison.variants import Variants, variants
from stacklab.analysis.instructions.result import CountResult
from stacklab.analysis.metrics import Metric, Prominence, in_chunks
from stacklab.analysis.rounds.cell import Standing
from stacklab.report.capacity import words
from stacklab.report.claims import text
from stacklab.report.kit.numbers import listed, number
from stacklab.report.session.text_table import Table, table
from stacklab.report.session.view import View
from stacklab.report.session.words.counted import COUNTED_HEADS, by_scenario, remarks_in_text, rows
from stacklab.report.session.words.headline import answer, ranking
from stacklab.report.session.words.routes import ROUTE_HEADS, FailureRow, RouteRow
from stacklab.report.session.words.steps import HEADS, StepRow
from stacklab.report.session.words.verdicts import verdicts
from stacklab.report.sweep.view import sweep_views

PLAIN_WIDTH: Final = 110
"""Width that holds every column of the table; narrower consoles omit the less important ones."""

LEFT_OUT_WHERE_NARROW: Final = frozenset({"P90", "Throughput"})
"""Columns of the table of routes."""

MOST_FAILURES: Final = 8
"""Kinds of failures in the terminal; the page and the JSON have all."""

BESIDE: Final = 24
"""Columns for rank, errors and standing, with the blanks between."""

NARROWEST_NAME: Final = 16

_STYLES = {
    Standing.VALID: "green",
    Standing.SUSPECT: "yellow",
    Standing.VOID: "red",
    Standing.FAILED: "red",
    Standing.MISSING: "dim",
}


def render(view: View, console: Console) -> None:
    """Print the tables."""
    console.print(SessionTables(view))


def render_plain(view: View) -> str:
    """The tables without colours, for a file."""
    console = Console(width=PLAIN_WIDTH, color_system=None, force_terminal=False)
    with console.capture() as captured:
        render(view, console)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


@dataclass(frozen=True, slots=True)
class SessionTables:
    """The view as a rich renderable, for a console of any width."""

    view: View

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Omit columns that would not fit."""
        yield from _parts(self.view, width=options.max_width)


def _parts(view: View, *, width: int) -> Iterator[RenderableType]:
    yield Text(" ".join(answer(view)))
    if view.claims:
        yield from text.parts(view.claims)
        return
    yield from _capacities(view.capacities, narrow=width < PLAIN_WIDTH)
    yield from _verdicts(view)
    yield from _sweeps(view)
    for kin in () if view.capacities else variants(view.result.stacks):
        yield Text()
        yield Text.assemble((f"Differences between the variants of {kin.of}", "bold"))
        yield Padding(_differences(kin), (0, 0, 0, 2))
    for scenario in view.scenarios if view.result.cells else ():
        made = table(view, scenario)
        yield Text()
        asked = scenario.in_brief or ", ".join(scenario.requests)
        yield Text.assemble((scenario.name, "bold"), f": {scenario.load}; {asked}. {made.ranking}")
        yield _table(made, ranking(view, scenario)[0], width=width)
        if made.routes:
            yield Padding(_routes(made.routes, narrow=width < PLAIN_WIDTH), (0, 0, 0, 2))
        if made.failures:
            yield Padding(_failures(made.failures), (0, 0, 0, 2))
        if made.steps:
            yield Padding(_steps(made.steps), (0, 0, 0, 2))
        for sentence in (*made.doubts, *scenario.notes, *made.remarks):
            yield Padding(Text(sentence), (0, 0, 0, 2))
    for name, counts in by_scenario(view.result.counts):
        yield Text()
        yield Text.assemble((f"Instructions per request, {name}", "bold"))
        yield _counts(counts)
        yield from (Padding(Text(sentence), (0, 0, 0, 2)) for sentence in remarks_in_text(counts))
    if view.result.skipped:
        yield Text()
        yield from (Text(f"skipped {pair.stack} under {pair.scenario}: {pair.reason}") for pair in view.result.skipped)


def _verdicts(view: View) -> Iterator[RenderableType]:
    for verdict in verdicts(view) if view.result.cells else ():
        yield Text()
        yield Text.assemble((verdict.scenario.name, "bold"), f": {verdict.text}")


def _sweeps(view: View) -> Iterator[RenderableType]:
    for sweep in sweep_views(view):
        yield Text()
        yield Text.assemble((f"Over {listed(list(sweep.parameters))}", "bold"), f": {sweep.answer}")
        drawn = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        for head in sweep.heads:
            drawn.add_column(head, overflow="fold")
        for row in sweep.rows:
            drawn.add_row(*map(Text, row))
        yield Padding(drawn, (0, 0, 0, 2))


def _capacities(capacities: Sequence[CapacityResult], *, narrow: bool) -> Iterator[RenderableType]:
    if not capacities:
        return
    left_out = words.LEFT_OUT_WHERE_NARROW if narrow else frozenset()
    shown = [place for place, (title, _) in enumerate(words.HEADS) if title not in left_out]
    drawn = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    for place in shown:
        title, unit = words.HEADS[place]
        justify: Literal["left", "right"] = "right" if place in words.NUMBERS else "left"
        drawn.add_column(f"{title}\n{unit}", justify=justify, overflow="fold")
    for one in capacities:
        row = words.row(one)
        drawn.add_row(*(Text(row[place]) for place in shown))
    yield Text()
    yield drawn
    yield from (Padding(Text(sentence), (0, 0, 0, 2)) for sentence in (*words.doubts(capacities), words.EXPLAINED))


def _counts(counts: Sequence[CountResult]) -> RenderableType:
    drawn = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for index, head in enumerate(COUNTED_HEADS):
        drawn.add_column(head, justify="right" if index in {1, 2} else "left", overflow="fold")
    for row in rows(counts):
        drawn.add_row(*map(Text, row))
    return drawn


def _differences(kin: Variants) -> RenderableType:
    drawn = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for head in ("", "", *kin.heads):
        drawn.add_column(Text(head), overflow="fold")
    for one in kin.differences:
        drawn.add_row(Text(one.what), "varied" if one.asked else "side effect", *map(Text, one.values))
    return drawn if kin.differences else Text("No recorded difference.")


def _steps(rows: Iterable[StepRow]) -> RenderableType:
    drawn = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    drawn.add_column("stack", overflow="fold")
    for title, unit in HEADS:
        drawn.add_column(f"{title}\n{unit}", justify="right")
    for (step, load), stacks in groupby(rows, key=lambda row: (row.number, row.load)):
        drawn.add_row(Text(f"step {step}: {load}", "bold"))
        for row in stacks:
            drawn.add_row(Text(f"  {row.stack}"), *row.numbers)
    return drawn


def _routes(rows: Sequence[RouteRow], *, narrow: bool) -> RenderableType:
    shown = [index for index, (title, _) in enumerate(ROUTE_HEADS) if not narrow or title not in LEFT_OUT_WHERE_NARROW]
    drawn = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    drawn.add_column("stack", overflow="fold")
    for index in shown:
        title, unit = ROUTE_HEADS[index]
        drawn.add_column(f"{title}\n{unit}", justify="right")
    for heading, stacks in groupby(rows, key=lambda row: row.heading):
        drawn.add_row(Text(heading, "bold", overflow="fold"))
        for row in stacks:
            drawn.add_row(Text(f"  {row.stack}"), *(row.numbers[index] for index in shown))
    return drawn


def _failures(rows: Sequence[FailureRow]) -> RenderableType:
    """A line for each kind, the most frequent of each stack first, and what is known of its first response below."""
    lines = [Text("Failures", "bold")]
    for row in rows[:MOST_FAILURES]:
        lines.append(Text(f"{row.stack}: {row.route}: {row.kind}, {number(row.count)} requests", overflow="fold"))
        lines += [Text(f"  {what}: {said}", "dim") for what, said in (("body", row.body), ("log", row.log)) if said]
    if len(rows) > MOST_FAILURES:
        lines.append(Text(f"and {len(rows) - MOST_FAILURES} more kinds", "dim"))
    return Group(*lines)


def _table(made: Table, ranked_by: Metric, *, width: int) -> RenderableType:
    """As many columns as fit beside the whole names, the one that ranks in any case."""
    name_width = max((cell_len(row.stack) for row in made.rows), default=0)
    shown = _shown(made, ranked_by, width=width, name_width=name_width)
    room = max(NARROWEST_NAME, width - sum(_width(made, index) + 1 for index in shown) - BESIDE)
    drawn = RichTable(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    drawn.add_column("#", justify="right", no_wrap=True)
    drawn.add_column("stack", overflow="fold", min_width=min(name_width, room))
    for index in shown:
        drawn.add_column(f"{made.columns[index].title}\n{made.columns[index].unit}", justify="right")
    drawn.add_column("errors", justify="right")
    drawn.add_column("", no_wrap=True)
    for row in made.rows:
        numbers = [row.numbers[index] for index in shown]
        name = Text(wrapped_name(row.stack, room))
        drawn.add_row(row.rank, name, *numbers, row.errors, Text(row.standing, _STYLES[row.standing]))
    return drawn


def _shown(made: Table, ranked_by: Metric, *, width: int, name_width: int) -> list[int]:
    """The columns that fit, by their places: the last ones are left out first, and never the one that ranks."""
    prominence = Prominence.NARROW if width < PLAIN_WIDTH else Prominence.WIDE
    chunks = in_chunks(made.columns)
    shown = [place for place, column in enumerate(made.columns) if column.shown_at(prominence, in_chunks=chunks)]
    room = width - name_width - BESIDE
    while sum(_width(made, place) + 1 for place in shown) > room:
        expendable = [place for place in shown if made.columns[place] != ranked_by]
        if not expendable:
            break
        shown.remove(expendable[-1])
    return shown


def _width(made: Table, place: int) -> int:
    column = made.columns[place]
    return max(map(cell_len, (column.title, column.unit, *(row.numbers[place] for row in made.rows))))


def wrapped_name(name: str, room: int) -> str:
    """A name in lines of no more than so many letters, broken where its parts end: before ``+`` and ``@``, after ``,``.

    A part that is longer stays whole.
    """
    lines = [""]
    for part in re.split(r"(?<=,)|(?=[+@])", name):
        if lines[-1] and cell_len(lines[-1] + part) > room:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)
