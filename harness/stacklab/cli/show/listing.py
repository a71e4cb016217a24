"""Listings: names with what there is to say of them, as a table, or in two lines each where that is too narrow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

Words: TypeAlias = str | Text

NARROWEST: Final = 34
"""Columns that the last cell of a row needs beside the others: with fewer it becomes a tower of words."""

BETWEEN: Final = 2
"""Blanks between columns."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows under heads; a row of one cell begins a section. The last column is prose, the others are never broken."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Words]]
    caption: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """A table where there is room for it."""
        before = sum(width + BETWEEN for width in self._widths()[:-1])
        if options.max_width - before >= NARROWEST:
            yield self._table(lined=console.is_terminal)
        else:
            yield from self._entries()
        if self.caption:
            yield Text(self.caption, "dim italic")
        yield Text()

    def _widths(self) -> list[int]:
        cells = [self.heads, *(row for row in self.rows if len(row) > 1)]
        return [max(cell_len(str(row[column])) for row in cells) for column in range(len(self.heads))]

    def _table(self, *, lined: bool) -> Table:
        drawn = Table(box=box.SIMPLE_HEAD if lined else None, pad_edge=False, padding=(0, BETWEEN, 0, 0))
        for place, head in enumerate(self.heads, start=1):
            drawn.add_column(head, no_wrap=place < len(self.heads))
        for row in self.rows:
            drawn.add_row(*map(_text, row), style="bold" if len(row) == 1 else "")
        return drawn

    def _entries(self) -> Iterator[RenderableType]:
        for row in self.rows:
            *first, last = map(_text, row)
            yield Text("  ").join(first) if first else Text(str(last), "bold")
            if first:
                yield Padding(last, (0, 0, 0, 4))


def _text(words: Words) -> Text:
    return words if isinstance(words, Text) else Text(words)
