"""``stacklab query``: SQL over many sessions."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import click
from rich.table import Table

from stacklab.catalog.workspace import Workspace
from stacklab.cli.options.session import workspace_option
from stacklab.cli.show.consoles import results
from stacklab.cli.show.output import format_option, output_option, put
from stacklab.frames.query import SelectedRow, ask, rows_of


@click.command("query")
@click.argument("statement", metavar="SQL")
@format_option("text", "csv", "json")
@output_option
@workspace_option
def verb(*, statement: str, kind: str, output: Path | None, workspace: Workspace) -> None:
    """Select from the rows of all sessions with SQL.

    The views are `requests` (a row for each request), `usage` (a row for each sample of a process), `cells` (every
    metric of every stack under every scenario) and `sessions`; docs/reading-many-sessions.md lists their columns.
    DuckDB reads the files where they are and answers; it comes with `pip install 'stacklab[query]'`.
    """
    found = ask(workspace.results, statement)
    if kind == "text" and output is None:
        _print(found.columns, rows_of(found))
        return
    rendered = {
        "text": lambda: found.to_string(index=False) + "\n",
        "csv": lambda: found.to_csv(index=False),
        "json": lambda: found.to_json(orient="records", indent=1, date_format="iso") + "\n",
    }[kind]()
    put(rendered, output)


def _print(columns: Iterable[object], rows: Sequence[SelectedRow]) -> None:
    drawn = Table(*map(str, columns), box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for row in rows:
        drawn.add_row(*map(_written, row))
    results().print(drawn)
    click.echo("1 row" if len(rows) == 1 else f"{len(rows)} rows", err=True)


def _written(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
