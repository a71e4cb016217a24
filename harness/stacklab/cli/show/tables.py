"""How tables look in the terminal."""

from rich import box
from rich.table import Table


def table(name: str, *columns: str) -> Table:
    """A table without lines, whose first column is never cut."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption_justify="left")
    drawn.add_column(name, no_wrap=True)
    for column in columns:
        drawn.add_column(column)
    return drawn
