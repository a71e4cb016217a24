"""Where a rendering goes: to a file, or to standard output."""

from pathlib import Path

import click

from stacklab.store.journal import writing

OTHER = "choose another with -o"
"""What to do where something cannot be written."""

output_option = click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="A file; `-` is standard output."
)


def put(rendered: str, output: Path | None) -> None:
    """Write it into the file, or print it for ``-`` and None. Raises UsageError for what cannot be written."""
    if output is None or str(output) == "-":
        click.echo(rendered, nl=not rendered.endswith("\n"))
        return
    with writing(output, instead=OTHER):
        output.write_text(rendered, encoding="utf-8")
    click.echo(f"wrote {output}")
