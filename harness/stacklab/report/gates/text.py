"""A gate in a terminal."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stacklab.analysis.gates.judgement import Answer, Judgement
from stacklab.report.gates.words import HEADS, in_sum, row
from stacklab.report.session.text import PLAIN_WIDTH

_STYLES = {Answer.HOLDS: "green", Answer.FAILS: "bold red", Answer.CANNOT_TELL: "yellow"}


def render(judgements: Sequence[Judgement], console: Console) -> None:
    """Print one line for each condition and cell, and their sum."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in HEADS:
        table.add_column(head)
    for one in judgements:
        promise, stack, scenario, answer, found = row(one)
        table.add_row(Text(promise), Text(stack), Text(scenario), Text(answer, _STYLES[one.answer]), Text(found))
    console.print(table)
    console.print(Text(in_sum(judgements)))


def render_plain(judgements: Sequence[Judgement]) -> str:
    """The same without colours, for a file."""
    console = Console(width=PLAIN_WIDTH, color_system=None, force_terminal=False)
    with console.capture() as captured:
        render(judgements, console)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())
