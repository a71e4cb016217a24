"""Where output goes, and how tables look: results on standard output or in a file, all else on standard error."""

from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table

from stacklab.store.documents import replace_text, writing
from stacklab.store.door import inside

OTHER = "choose another with -o"
"""What to do where something cannot be written."""

output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to this file; `-` is standard output.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


def messages() -> Console:
    """For what is said along the way: standard error, a line each."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def put(rendered: str, output: Path | None) -> None:
    """Write it into the file, or print it for ``-`` and None. Raises UsageError for what cannot be written."""
    if output is None or str(output) == "-":
        click.echo(rendered, nl=not rendered.endswith("\n"))
        return
    with writing(output, instead=OTHER):
        output.write_text(rendered, encoding="utf-8")
    click.echo(f"wrote {output}")


def put_beside(rendered: str, session: Path, name: str) -> None:
    """Write it into the folder of a session, over whatever has that name there: a link is replaced, not followed."""
    path = session / name
    with writing(path, instead=OTHER):
        replace_text(inside(session, path.parent) / path.name, rendered)
    click.echo(f"wrote {path}")


def table(name: str, *columns: str) -> Table:
    """A table without lines, whose first column is never cut."""
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption_justify="left")
    drawn.add_column(name, no_wrap=True)
    for column in columns:
        drawn.add_column(column)
    return drawn
