"""``stacklab gate``: whether the promises on a session hold."""

from pathlib import Path

import click

from stacklab.analysis.capacity.boots import capacities
from stacklab.analysis.gates.judgement import Judgement, judged, judged_capacities
from stacklab.analysis.results import judge
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options import completion
from stacklab.cli.options.gate import Gate, gate_options
from stacklab.cli.options.session import workspace_option
from stacklab.cli.show.consoles import results
from stacklab.cli.show.gate import tell
from stacklab.cli.show.output import output_option, put
from stacklab.errors import UsageError
from stacklab.report.gates import github, json, text
from stacklab.store.folder import locate
from stacklab.store.session import StoredSession


@click.command("gate")
@click.argument("session", required=False, shell_complete=completion.sessions)
@gate_options
@click.option(
    "--format",
    "kind",
    type=click.Choice(["text", "md", "json"]),
    default="text",
    help="Output format (default text).",
)
@output_option
@workspace_option
def verb(*, session: str | None, gate: Gate, kind: str, output: Path | None, workspace: Workspace) -> int:
    """Judge promises about a session (default: the newest).

    A promise holds if the whole 95 % interval over rounds keeps it, fails if the whole interval breaks it, and cannot
    be told else. Where GitHub Actions run this, the answers are annotations and a part of the step's summary.

    Exit code 0: all promises hold. 1: one fails. 4: none fails, and one cannot be told.
    """
    if not gate.is_asked:
        raise UsageError("name what is to hold with --fail-if 'p99 > 50 ms' or --promises promises.toml")
    opened = StoredSession.open(locate(workspace.results, session))
    found = judgements(gate, opened)
    if kind == "text" and output is None:
        text.render(found, results())
    else:
        rendered = {
            "text": lambda: text.render_plain(found),
            "md": lambda: github.summary(found, session=opened.name),
            "json": lambda: json.render(found, session=opened.name),
        }[kind]()
        put(rendered, output)
    return tell(gate, found, opened.name)


def judgements(gate: Gate, session: StoredSession) -> tuple[Judgement, ...]:
    """The answers to all promises about a session. Raises UsageError for one that is about nothing in it."""
    if session.plan.claims:
        raise UsageError(f"{session.name} is a session of claims, which has verdicts of its own")
    if session.plan.capacity is not None:
        return judged_capacities(capacities(session), gate.limits_of_capacity())
    return judged(judge(session).cells, gate.limits())
