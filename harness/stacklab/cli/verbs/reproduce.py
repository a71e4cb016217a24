"""``stacklab reproduce``: published claims, put to the test here."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from stacklab.analysis.claims.findings import findings, tested
from stacklab.catalog import catalogue, workspace
from stacklab.catalog.claims import claims as claims_of
from stacklab.catalog.claims.programs import insist_unchanged
from stacklab.catalog.workspace import Workspace
from stacklab.cli.claim_list import claims_document, claims_table, cost, known_claims, last_findings
from stacklab.cli.options.placement import (
    Placement,
    called,
    machine,
    machine_options,
    repeat_option,
    require_no_plan,
    results_option,
)
from stacklab.cli.reproduction import cannot_be_tested, plan_of_claims
from stacklab.cli.show.interruption import Interruption
from stacklab.cli.show.progress import RunProgress
from stacklab.effects import clock
from stacklab.effects.environments import interpreter
from stacklab.effects.machine.host import read_host
from stacklab.engine import loop
from stacklab.errors import UsageError
from stacklab.machine import Machine
from stacklab.model.claims.claim import Claim
from stacklab.model.plan import PRESETS, Plan
from stacklab.model.record import Failed, Stage
from stacklab.report.claims import text
from stacklab.report.claims.json import claim_document
from stacklab.report.claims.view import claim_views
from stacklab.report.claims.words import duration, found_in_words, headline, reason_of
from stacklab.report.kit.json import written
from stacklab.store.findings import keep_findings
from stacklab.store.journal import Journal
from stacklab.store.session import StoredSession, locate


@click.command("reproduce")
@click.argument("names", nargs=-1, metavar="[CLAIM]...")
@click.option("--all", "every", is_flag=True, help="All claims, one after the other.")
@click.option("--preset", type=click.Choice(list(PRESETS)), default="quick", show_default=True, help="How much.")
@click.option("--rounds", type=click.IntRange(1), help="Fresh processes or servers for each arm; beats the preset.")
@click.option("--seed", type=click.IntRange(0), help="Of the order and of what is drawn; drawn and stored by default.")
@repeat_option
@click.option("--resume", metavar="SESSION", help="Go on where a session stopped; `latest` is the newest.")
@click.option("--python", metavar="PATH|VERSION", help="Of what names no interpreter of its own.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@machine_options
@results_option
def verb(
    *,
    names: Sequence[str],
    every: bool,
    preset: str,
    rounds: int | None,
    seed: int | None,
    repeat_disturbed: int,
    resume: str | None,
    python: str | None,
    as_json: bool,
    placement: Placement,
    results: Path | None,
) -> int:
    """Put published claims to the test. CLAIM is a name or a glob; without one, the claims are listed.

    Every arm of a claim is measured once in each round, in an order drawn anew, and the claim's own rule, fixed
    beforehand, gives the verdict: reproduced, not reproduced, reversed, equivalent, inconclusive, or not testable here.

    Exit code 0: every claim has a verdict, whichever it is.
    """
    place = workspace.find(Path.cwd(), results=results)
    if resume is not None:
        require_no_plan("names", "every", "preset", "rounds", "seed", "repeat_disturbed")
    elif not names and not every:
        _list(place, as_json=as_json)
        return 0
    if python is not None:
        interpreter.insist(python)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    with machine(place, placement, python=python) as here:
        if resume is None:
            plan = _plan(
                place,
                here,
                console,
                names=names,
                preset=preset,
                rounds=rounds,
                seed=seed,
                repeat_disturbed=repeat_disturbed,
            )
            journal = Journal.create(place.results, plan, read_host(), started_at=clock.utc_now())
        else:
            journal = Journal.resume(locate(place.results, resume))
            if not journal.plan.claims:
                again = f"stacklab run --resume {called(journal.folder)}"
                raise UsageError(f"{journal.folder.name} is no session of claims; `{again}` goes on with it")
            insist_unchanged(journal.plan.claims, place.programs)
        _reproduce(journal, here, console)
    _tell(StoredSession.open(journal.folder), as_json=as_json)
    console.print(f"Next: stacklab report {called(journal.folder)}", markup=False)
    return 0


def _list(place: Workspace, *, as_json: bool) -> None:
    known, last = known_claims(place), last_findings(place)
    if as_json:
        click.echo(written(claims_document(known, last)), nl=False)
        return
    console = Console(highlight=False)
    console.print(claims_table(known, last))
    console.print("Next: stacklab reproduce NAME")


def _plan(
    place: Workspace,
    here: Machine,
    console: Console,
    *,
    names: Sequence[str],
    preset: str,
    rounds: int | None,
    seed: int | None,
    repeat_disturbed: int,
) -> Plan:
    """What is to be done, and how long that takes; the environments are made for it."""
    there_is = catalogue.with_those_of_claims(place, catalogue.read(place))
    chosen = claims_of.choose_claims(names, claims_of.read(place, there_is))
    with console.status("making environments"):
        untestable = tuple(cannot_be_tested(chosen, there_is, here, cores=read_host().cores))
    for one in untestable:
        console.print(f"{one.claim}: not testable here: {one.reason}", markup=False)
    plan = plan_of_claims(
        chosen,
        there_is,
        preset=preset,
        rounds=rounds,
        seed=seed,
        untestable=untestable,
        repeat_disturbed=repeat_disturbed,
    )
    tried = [claim for claim in chosen if claim.name not in {one.claim for one in untestable}]
    console.print(_announced(tried, plan, rounds), markup=False)
    return plan


def _announced(claims: Sequence[Claim], plan: Plan, rounds: int | None) -> str:
    about = duration(sum(cost(claim, plan.preset, rounds) for claim in claims))
    what = claims[0].name if len(claims) == 1 else f"{len(claims)} claims"
    return f"{what}, {len(plan.cells)} runs: about {about}"


def _reproduce(journal: Journal, here: Machine, console: Console) -> None:
    """Run what is missing; a claim's verdict is told when its last run is done."""
    left = Counter(cell.claim for cell in journal.missing())
    progress = RunProgress(console, cells=left.total())
    try:
        with progress, Interruption() as interruption:
            runs = loop.run_plan(
                journal.plan, here, journal, on_start=progress.starts, on_discarded=progress.sets_aside
            )
            for run in interruption.between(runs):
                progress.ends(run)
                left[run.cell.claim] -= 1
                gave_up = isinstance(run, Failed) and run.stage is Stage.HERE
                if gave_up or not left[run.cell.claim]:
                    _conclude(journal, run.cell.claim or "", console)
    except KeyboardInterrupt:
        done = progress.cells - left.total()
        console.print(f"{done} of {progress.cells} runs are kept in {journal.folder}", markup=False)
        console.print(f"Next: stacklab reproduce --resume {called(journal.folder)}", markup=False)
        raise
    keep_findings(journal.folder, tested(StoredSession.open(journal.folder)))
    console.print(f"wrote {journal.folder}", markup=False)


def _conclude(journal: Journal, claim: str, console: Console) -> None:
    for finding in findings(StoredSession.open(journal.folder), only=claim):
        found = next((found_in_words(part.reading) for part in finding.parts if part.decides), "")
        number = f" {found}" if found and not reason_of(finding) else ""
        console.print(f"{claim}: {headline(finding)}{number}", markup=False)


def _tell(session: StoredSession, *, as_json: bool) -> None:
    views = tuple(claim_views(session))
    if as_json:
        click.echo(written([claim_document(view) for view in views]), nl=False)
        return
    console = Console(highlight=False)
    for part in text.parts(views):
        console.print(part)
