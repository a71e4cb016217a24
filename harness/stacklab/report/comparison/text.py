"""A comparison in a terminal: what changed, then a table for each pair."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stacklab.analysis.comparison.result import ComparisonResult, PairComparison
from stacklab.model.measured.verdict import Verdict
from stacklab.report.comparison.words import (
    COUNT_HEADS,
    HEADS,
    NO_CHANGE,
    ROUTE_HEADS,
    ROUTES_HAVE_NO_VERDICT,
    ComparisonRow,
    changes_in_one_line,
    closing,
    count_remarks,
    count_rows,
    opening,
    remarks,
    route_rows,
    rows,
    shown,
    standings,
    title,
)
from stacklab.report.session.text import PLAIN_WIDTH
from stacklab.report.session.words.loads import load_in_words

_STYLES = {Verdict.FASTER: "green", Verdict.SLOWER: "red", Verdict.SAME: "cyan", Verdict.UNRESOLVED: "yellow"}


def render(view: ComparisonResult, console: Console, *, every: bool = False) -> None:
    """Print it; ``every`` lists all that changed."""
    console.print(Group(*_parts(view, every=every)))


def render_plain(view: ComparisonResult, *, every: bool = False) -> str:
    """The comparison without colours, for a file."""
    console = Console(width=PLAIN_WIDTH, color_system=None, force_terminal=False)
    with console.capture() as captured:
        render(view, console, every=every)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _parts(view: ComparisonResult, *, every: bool) -> Iterator[RenderableType]:
    yield from map(Text, opening(view))
    yield Text()
    if every:
        yield Text("What changed", "bold")
        yield _changes(view)
    else:
        yield Text.assemble(("What changed", "bold"), f": {changes_in_one_line(view.changes)}")
    for pair in view.pairs:
        yield Text()
        yield Text.assemble((title(view, pair), "bold"), f": {load_in_words(pair.scenario.load)}. ", standings(pair))
        if pair.metrics:
            yield _table(HEADS, rows(pair))
        if pair.routes:
            yield Padding(_routes(pair), (1, 0, 0, 0))
            yield Padding(Text(ROUTES_HAVE_NO_VERDICT), (0, 0, 0, 2))
        yield from (Padding(Text(sentence), (0, 0, 0, 2)) for sentence in remarks(pair))
    if view.counts:
        yield Text()
        yield _table(COUNT_HEADS, count_rows(view))
        yield from (Padding(Text(sentence), (0, 0, 0, 2)) for sentence in count_remarks(view))
    yield Text()
    yield from map(Text, closing(view))


def _changes(view: ComparisonResult) -> RenderableType:
    if not view.changes:
        return Padding(Text(NO_CHANGE), (0, 0, 0, 2))
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for head in ("", "A", "B"):
        table.add_column(head, overflow="fold")
    for change in view.changes:
        table.add_row(Text(change.what), Text(shown(change.a)), Text(shown(change.b)))
    return Padding(table, (0, 0, 0, 2))


def _routes(pair: PairComparison) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for number, head in enumerate(ROUTE_HEADS):
        table.add_column(head, justify="right" if number > 1 else "left", overflow="fold")
    for row in route_rows(pair):
        table.add_row(*map(Text, row))
    return table


def _table(heads: Sequence[str], lines: Iterable[ComparisonRow]) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if 0 < number < len(heads) - 1 else "left")
    for row in lines:
        style = _STYLES[row.verdict] if row.verdict is not None else "dim"
        table.add_row(*map(Text, row.cells[:-1]), Text(row.cells[-1], style))
    return table
