"""``stacklab gate``: whether the promises on a session hold; with ``--prove``, whether a gate works here."""

from dataclasses import dataclass
from pathlib import Path

import click

from stacklab.analysis.capacity.boots import capacities
from stacklab.analysis.comparison.conditions import parse
from stacklab.analysis.gates.judgement import Judgement, judged, judged_capacities
from stacklab.analysis.results import judge
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options import completion
from stacklab.cli.options.fields import declared, options_of
from stacklab.cli.options.gate import Gate, gate_options
from stacklab.cli.options.one_app import one_app_options
from stacklab.cli.options.order import InOrder
from stacklab.cli.options.placement import Placement, machine_options
from stacklab.cli.options.redaction import as_given
from stacklab.cli.options.session import workspace_option
from stacklab.cli.options.types import Proportion
from stacklab.cli.proving import Proving, in_words, sample
from stacklab.cli.show.consoles import messages, results
from stacklab.cli.show.gate import tell
from stacklab.cli.show.output import format_option, output_option, put
from stacklab.errors import UsageError
from stacklab.model.own_app import OwnApp
from stacklab.model.plan import MARGIN, PRESETS
from stacklab.report.gates import github, json, text
from stacklab.store.folder import locate
from stacklab.store.proof import keep
from stacklab.store.session import StoredSession


@dataclass(frozen=True, kw_only=True, slots=True)
class ProofOptions:
    """How a gate is proved."""

    slowdown: float = declared(
        "--slowdown",
        type=Proportion(),
        default=0.1,
        kept=as_given,
        help="Processor time to plant, as a share of what a request takes (default 10%).",
    )
    times: int = declared(
        "--times",
        type=click.IntRange(1, 100),
        default=3,
        metavar="N",
        kept=as_given,
        help="Number of sessions; every one must be right (default 3).",
    )
    preset: str = declared(
        "--preset",
        type=click.Choice(list(PRESETS)),
        default="quick",
        kept=as_given,
        help="Measurement effort of each session (default quick).",
    )


@click.command("gate", cls=InOrder)
@click.argument("session", required=False, shell_complete=completion.sessions)
@gate_options
@format_option("text", "md", "json")
@output_option
@click.option(
    "--prove",
    is_flag=True,
    help="Plant a slowdown, and measure whether a gate catches it and is quiet on the same code.",
)
@options_of(ProofOptions, "proving")
@one_app_options
@machine_options
@workspace_option
def verb(
    *,
    session: str | None,
    gate: Gate,
    kind: str,
    output: Path | None,
    prove: bool,
    proving: ProofOptions,
    own: OwnApp | None,
    placement: Placement,
    workspace: Workspace,
) -> int:
    """Judge promises about a session (default: the newest).

    A promise holds if the whole 95 % interval over rounds keeps it, fails if the whole interval breaks it, and cannot
    be told else. Where GitHub Actions run this, the answers are annotations and a part of the step's summary.

    With --prove, your own app, or a sample, is measured as it is, once more as it is, and with a planted slowdown, and
    a condition of --fail-if is a ratio, as for `compare`. The proof is kept beside the sessions: `stacklab upgrade`
    with --only-if-proven blocks nothing on a machine without one.

    Exit code 0: all promises hold, or the gate is proved. 1: one fails, or the gate missed a slowdown or failed the
    same code. 4: none fails, and one cannot be told.
    """
    if prove:
        if session is not None or gate.promises is not None or gate.junit is not None:
            raise UsageError("--prove measures sessions of its own; leave out SESSION, --promises and --junit")
        return _prove(gate, proving, own, placement, workspace)
    if own is not None:
        raise UsageError("--app is for --prove; a session knows what it measured")
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


def _prove(gate: Gate, options: ProofOptions, own: OwnApp | None, placement: Placement, workspace: Workspace) -> int:
    """Prove the gate, keep the proof, and say what it is."""
    conditions = tuple(map(parse, gate.conditions or (f"cpu > {1 + MARGIN:g}",)))
    proof = Proving(
        own=own or sample(),
        conditions=conditions,
        slowdown=options.slowdown,
        times=options.times,
        preset=options.preset,
        workspace=workspace,
        placement=placement,
        console=messages(),
    ).proof()
    keep(proof, workspace.results)
    results().print(in_words(proof))
    return int(not proof.holds)


def judgements(gate: Gate, session: StoredSession) -> tuple[Judgement, ...]:
    """The answers to all promises about a session. Raises UsageError for one that is about nothing in it."""
    if session.plan.claims:
        raise UsageError(f"{session.name} is a session of claims, which has verdicts of its own")
    if session.plan.capacity is not None:
        return judged_capacities(capacities(session), gate.limits_of_capacity())
    return judged(judge(session).cells, gate.limits())
