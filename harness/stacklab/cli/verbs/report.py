"""``stacklab report``: render a session from its files alone."""

from pathlib import Path

import click
from rich.console import Console

from stacklab.catalog import workspace
from stacklab.cli.options.placement import results_option
from stacklab.cli.show.output import output_option, put
from stacklab.report.session import html, json, markdown, text
from stacklab.report.session.view import build_view
from stacklab.store.session import StoredSession, locate


@click.command("report")
@click.argument("session", required=False)
@click.option("--format", "kind", type=click.Choice(["html", "md", "text", "json"]), default="html", show_default=True)
@output_option
@results_option
def verb(session: str | None, kind: str, output: Path | None, results: Path | None) -> None:
    """Render SESSION (a name or a folder; the newest by default) from its files alone.

    HTML goes to `report.html` in the session's folder, the other formats to standard output.
    """
    place = workspace.find(Path.cwd(), results=results)
    opened = StoredSession.open(locate(place.results, session))
    view = build_view(opened)
    if kind == "text" and output is None:
        text.render(view, Console())
        return
    rendered = {
        "html": lambda: html.render(view, templates=place.templates),
        "md": lambda: markdown.render(view),
        "json": lambda: json.render(view),
        "text": lambda: text.render_plain(view),
    }[kind]()
    if output is None and kind == "html":
        output = opened.folder / "report.html"
    put(rendered, output)
