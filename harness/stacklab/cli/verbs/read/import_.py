"""``stacklab import``: numbers of other programs, for the history."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from stacklab.catalog import exchange
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options.session import workspace_option
from stacklab.store import imported


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE...")
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    metavar="DATE",
    help="When the numbers were measured, in UTC, where a file does not say so (default: now).",
)
@click.option("--label", default="", metavar="TEXT", help="Commit or version of the numbers, where a file has none.")
@workspace_option
def verb(*, files: Sequence[Path], at: datetime | None, label: str, workspace: Workspace) -> None:
    """Import numbers of Bencher or github-action-benchmark into the history.

    FILE is a document in Bencher Metric Format, a list that github-action-benchmark takes, or its data.js, which has
    every commit. The points are kept beside the sessions, each once, and `stacklab history` follows them.
    """
    when = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    points = [point for file in files for point in exchange.read(file, at=when, label=label)]
    path, new = imported.add(points, workspace.results)
    click.echo(f"wrote {path}: {new} of {len(points)} points are new")
    click.echo("Next: stacklab history")
