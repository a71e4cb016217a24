"""A history in a terminal."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stacklab.analysis.history import History
from stacklab.report.history.words import HEADS, changes, opening, remarks, rows
from stacklab.report.session.text import PLAIN_WIDTH


def render(history: History, console: Console) -> None:
    """Print it."""
    console.print(Text(opening(history)))
    if history.series:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for head in HEADS:
            table.add_column(head, justify="right" if head in {"Sessions", "First", "Newest"} else "left")
        for row in rows(history):
            table.add_row(*map(Text, row))
        console.print(table)
    for sentence in (*changes(history), *remarks(history)):
        console.print(Text(sentence))


def render_plain(history: History) -> str:
    """The same without colours, for a file."""
    console = Console(width=PLAIN_WIDTH, color_system=None, force_terminal=False)
    with console.capture() as captured:
        render(history, console)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
