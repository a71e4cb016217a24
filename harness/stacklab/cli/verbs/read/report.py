"""``stacklab report``: render a session from its files alone."""

from pathlib import Path

import click

from stacklab.catalog.layers import read_layers
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options import completion
from stacklab.cli.options.session import workspace_option
from stacklab.cli.show.consoles import results
from stacklab.cli.show.output import output_option, put, put_beside
from stacklab.report.kit.csv import BYTE_ORDER_MARK
from stacklab.report.session import csv, json, markdown, text
from stacklab.report.session.view import View, build_view
from stacklab.store.folder import locate
from stacklab.store.session import PAGE, StoredSession


@click.command("report")
@click.argument("session", required=False, shell_complete=completion.sessions)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["html", "md", "text", "json", "csv", "csv-rounds"]),
    default="html",
    help="Output format (default html); csv has a row for each number of a cell, csv-rounds for each of a round.",
)
@output_option
@workspace_option
def verb(*, session: str | None, kind: str, output: Path | None, workspace: Workspace) -> None:
    """Render a session from its files alone.

    SESSION is a name or a folder (default: the newest session). HTML is written to `report.html` in the session's
    folder, any other format to standard output.
    """
    opened = StoredSession.open(locate(workspace.results, session))
    view = build_view(opened, read_layers(workspace))
    if kind == "text" and output is None:
        text.render(view, results())
        return
    rendered = {
        "html": lambda: _page(view, workspace),
        "md": lambda: markdown.render(view),
        "json": lambda: json.render(view),
        "text": lambda: text.render_plain(view),
        "csv": lambda: csv.render(view),
        "csv-rounds": lambda: csv.render_rounds(view),
    }[kind]()
    if output is None and kind == "html":
        put_beside(rendered, opened.folder, PAGE)
    else:
        put(BYTE_ORDER_MARK + rendered if kind.startswith("csv") and output is not None else rendered, output)


def _page(view: View, workspace: Workspace) -> str:
    from stacklab.report.session import html  # noqa: PLC0415 (matplotlib takes half a second, and nothing else needs it)

    return html.render(view, templates=workspace.templates)
