"""``stacklab history``: many sessions over time, and where a level changed."""

from collections.abc import Sequence
from pathlib import Path

import click

from stacklab.analysis.history import history
from stacklab.analysis.metrics import BY_KEY, COMPARED
from stacklab.analysis.results import judge
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options.redaction import RecordedOption
from stacklab.cli.options.session import workspace_option
from stacklab.cli.show.consoles import results
from stacklab.cli.show.output import format_option, output_option, put
from stacklab.errors import UsageError
from stacklab.report.history import json, page, text
from stacklab.store import imported
from stacklab.store.session import PLAN, StoredSession


@click.command("history", epilog=f"Metrics: {', '.join(metric.key for metric in COMPARED)}.")
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--metric",
    "keys",
    cls=RecordedOption,
    multiple=True,
    type=click.Choice([metric.key for metric in COMPARED]),
    metavar="METRIC",
    help="Metric to follow (default: the metrics that stacks are ranked by, and CPU per request); repeatable.",
)
@click.option(
    "--reference",
    metavar="STACK",
    help="Divide by this stack's value in the same session, which takes out most of what the machine changes.",
)
@format_option("text", "json", "html")
@output_option
@workspace_option
def verb(
    *,
    folder: Path | None,
    keys: Sequence[str],
    reference: str | None,
    kind: str,
    output: Path | None,
    workspace: Workspace,
) -> None:
    """Follow stacks across sessions, and find where a metric moved to a new level.

    FOLDER holds sessions (default: `results` in the workspace). Each stack and scenario has one value with its interval
    per session, in the order of time. Only sessions of one machine, with the same load, are joined. Numbers that
    `stacklab import` has kept there are followed as well, unless --metric or --reference is given. HTML is written to
    `history.html` in the folder, unless -o names a file.
    """
    where = folder or workspace.results
    sessions = [StoredSession.open(path.parent) for path in sorted(where.glob(f"*/{PLAN}"))]
    points = imported.read(where)
    if not sessions and not points:
        raise UsageError(f"{where}: there is no session yet; `stacklab run` creates one")
    if reference is not None and not any(reference in {stack.name for stack in one.plan.stacks} for one in sessions):
        raise UsageError(f"--reference: no session in {where} has a stack {reference!r}")
    made = history(
        (judge(session) for session in sessions),
        metrics=[BY_KEY[key] for key in keys],
        reference=reference,
        imported=() if keys or reference else points,
    )
    if kind == "text" and output is None:
        text.render(made, results())
        return
    rendered = {
        "text": lambda: text.render_plain(made),
        "json": lambda: json.render(made),
        "html": lambda: page.render(made, templates=workspace.templates),
    }[kind]()
    put(rendered, where / "history.html" if output is None and kind == "html" else output)
