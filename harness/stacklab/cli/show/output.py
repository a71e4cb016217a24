"""Where results go, and in which form: options, and files."""

from collections.abc import Callable
from pathlib import Path

import click

from stacklab.cli.options.fields import Command
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


def format_option(*kinds: str) -> Callable[[Command], Command]:
    """Choose one of these, the first of which is the default; the command gets it as ``kind``."""
    return click.option(
        "--format",
        "kind",
        type=click.Choice(kinds),
        default=kinds[0],
        help=f"Output format (default {kinds[0]}).",
    )


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


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
