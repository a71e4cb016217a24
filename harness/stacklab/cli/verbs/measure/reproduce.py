"""``stacklab reproduce``: published claims, tested on this machine."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import click
from rich.console import Console

from stacklab.analysis.claims.findings import findings, tested
from stacklab.catalog import catalogue
from stacklab.catalog.claims import claims as claims_of
from stacklab.catalog.claims.programs import insist_unchanged
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options import completion
from stacklab.cli.options.effort import Effort, claim_effort_options
from stacklab.cli.options.placement import Placement, machine_options
from stacklab.cli.options.redaction import RecordedArgument, RecordedOption, recorded_command, without_folder
from stacklab.cli.options.session import (
    called,
    name_option,
    require_no_plan,
    resume_option,
    trust_option,
    workspace_option,
)
from stacklab.cli.plans import plan_of_claims
from stacklab.cli.preparation import cannot_be_tested, machine, new_session, session_of
from stacklab.cli.show.consoles import messages, results
from stacklab.cli.show.interruption import Interruption
from stacklab.cli.show.output import json_option
from stacklab.cli.show.progress import RunProgress
from stacklab.cli.verbs.list import claims_document, claims_table, cost, findings_by_claim, known_claims
from stacklab.effects.environments import interpreter
from stacklab.effects.machine.host import read_host
from stacklab.engine import loop
from stacklab.errors import UsageError
from stacklab.machine import Machine
from stacklab.model.claims.claim import Claim
from stacklab.model.measured.estimate import seconds_of
from stacklab.model.measured.record import Failed, Stage
from stacklab.model.plan import Plan
from stacklab.report.claims import text
from stacklab.report.claims.json import claim_document
from stacklab.report.claims.view import claim_views
from stacklab.report.claims.words import duration, found_in_words, headline, reason_of
from stacklab.report.kit.json import written
from stacklab.store.findings import keep_findings
from stacklab.store.journal import Journal
from stacklab.store.session import StoredSession


@click.command("reproduce")
@click.argument(
    "names",
    nargs=-1,
    metavar="[CLAIM]...",
    cls=RecordedArgument,
    kept=without_folder,
    planned=True,
    shell_complete=completion.claims,
)
@click.option(
    "--all", "every", is_flag=True, cls=RecordedOption, planned=True, help="Test all claims, one after the other."
)
@claim_effort_options
@resume_option
@trust_option
@click.option(
    "--python",
    cls=RecordedOption,
    kept=without_folder,
    metavar="PATH|VERSION",
    help="Interpreter for arms that do not name one.",
)
@json_option
@machine_options
@workspace_option
@name_option
def verb(
    *,
    names: Sequence[str],
    every: bool,
    effort: Effort,
    resume: str | None,
    trusted: bool,
    python: str | None,
    as_json: bool,
    placement: Placement,
    workspace: Workspace,
) -> int:
    """Test published claims on this machine.

    CLAIM is a name or a glob; without one, the claims are listed. Every arm of a claim is measured once per round, in
    random order. The rule that decides is part of the claim and fixed beforehand. Its verdict is reproduced, not
    reproduced, reversed, equivalent, inconclusive, or not testable here.

    Exit code 0: every claim has a verdict, whichever it is.
    """
    console = messages()
    if resume is not None:
        session = _resumed(resume, trusted=trusted, workspace=workspace, placement=placement, python=python)
    elif names or every:
        session = _fresh(
            names,
            effort.by_default("quick"),
            workspace=workspace,
            placement=placement,
            python=python,
            console=console,
        )
    else:
        _list(workspace, as_json=as_json)
        return 0
    with session as (journal, here):
        _measure(journal, here, console)
    finished = StoredSession.open(journal.folder)
    keep_findings(journal.folder, tested(finished))
    console.print(f"wrote {journal.folder}", markup=False)
    _print(finished, as_json=as_json)
    console.print(f"Next: stacklab report {called(journal.folder)}", markup=False)
    return 0


def _list(workspace: Workspace, *, as_json: bool) -> None:
    claims = known_claims(workspace, catalogue.read(workspace))
    latest = findings_by_claim(workspace)
    if as_json:
        click.echo(written(claims_document(claims, latest)), nl=False)
        return
    console = results()
    console.print(claims_table(claims, latest))
    console.print("Next: stacklab reproduce NAME")


@contextmanager
def _fresh(
    names: Sequence[str],
    effort: Effort,
    *,
    workspace: Workspace,
    placement: Placement,
    python: str | None,
    console: Console,
) -> Iterator[tuple[Journal, Machine]]:
    """A new session of these claims, and the machine to test them on; the environments are made for it."""
    with _machine(workspace, placement, python) as here:
        known = catalogue.with_those_of_claims(workspace, catalogue.read(workspace))
        claims = claims_of.choose_claims(names, claims_of.read(workspace, known))
        with console.status("creating environments"):
            untestable = tuple(cannot_be_tested(claims, known, here, cores=read_host().cores))
        for one in untestable:
            console.print(f"{one.claim}: not testable here: {one.reason}", markup=False)
        plan = plan_of_claims(
            claims, known, effort, command=recorded_command(click.get_current_context()), untestable=untestable
        )
        testable = [claim for claim in claims if claim.name not in {one.claim for one in untestable}]
        console.print(_announcement(testable, plan, effort), markup=False)
        yield new_session(plan, workspace), here


@contextmanager
def _resumed(
    name: str, *, trusted: bool, workspace: Workspace, placement: Placement, python: str | None
) -> Iterator[tuple[Journal, Machine]]:
    """The session of that name, and the machine to go on with it."""
    require_no_plan()
    with _machine(workspace, placement, python) as here:
        journal = session_of(name, workspace, trusted=trusted)
        if not journal.plan.claims:
            instead = f"stacklab run --resume {called(journal.folder)}"
            raise UsageError(f"{journal.folder.name} is not a session of claims; continue it with `{instead}`")
        insist_unchanged(journal.plan.claims, workspace.programs)
        yield journal, here


@contextmanager
def _machine(workspace: Workspace, placement: Placement, python: str | None) -> Iterator[Machine]:
    if python is not None:
        interpreter.insist(python)
    with machine(workspace, placement, python=python) as here:
        yield here


def _announcement(claims: Sequence[Claim], plan: Plan, effort: Effort) -> str:
    about = duration(sum(cost(claim, plan.preset, effort.rounds) for claim in claims))
    what = claims[0].name if len(claims) == 1 else f"{len(claims)} claims"
    return f"{what}: {len(plan.cells)} runs, about {about}"


def _measure(journal: Journal, here: Machine, console: Console) -> None:
    """Run what is missing; a claim's verdict is printed after its last run. Ctrl-C says how to continue."""
    missing = journal.missing()
    left = Counter(cell.claim for cell in missing)
    progress = RunProgress(console, cells=missing, seconds=partial(seconds_of, plan=journal.plan))
    try:
        with progress, Interruption() as interruption:
            runs = loop.run_plan(journal.plan, here, journal, on_start=progress.starts, on_discarded=progress.discards)
            for run in interruption.between(runs):
                progress.ends(run)
                left[run.cell.claim] -= 1
                gave_up = isinstance(run, Failed) and run.stage is Stage.HERE
                if gave_up or not left[run.cell.claim]:
                    _conclude(journal, run.cell.claim or "", console)
    except KeyboardInterrupt:
        again = f"stacklab reproduce --resume {called(journal.folder)}"
        progress.interrupted(journal.folder, missing=left.total(), again=again)
        raise


def _conclude(journal: Journal, claim: str, console: Console) -> None:
    for finding in findings(StoredSession.open(journal.folder), only=claim):
        found = next((found_in_words(part.reading) for part in finding.parts if part.decides), "")
        number = f" {found}" if found and not reason_of(finding) else ""
        console.print(f"{claim}: {headline(finding)}{number}", markup=False)


def _print(session: StoredSession, *, as_json: bool) -> None:
    views = tuple(claim_views(session))
    if as_json:
        click.echo(written([claim_document(view) for view in views]), nl=False)
        return
    console = results()
    for part in text.parts(views):
        console.print(part)
