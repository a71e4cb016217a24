"""``stacklab list``: stacks, scenarios and claims."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import click
from rich.text import Text

from stacklab.catalog import catalogue
from stacklab.catalog.catalogue import Catalogue
from stacklab.catalog.claims import claims as claims_of
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options.session import workspace_option
from stacklab.cli.show import consoles
from stacklab.cli.show.listing import Listing
from stacklab.cli.show.output import json_option
from stacklab.model.claims.claim import Claim
from stacklab.model.claims.finding import Finding, Tested
from stacklab.model.claims.grid import rounds_of, seconds
from stacklab.model.plan import PRESETS
from stacklab.model.stack import Family
from stacklab.report.claims.words import STYLES, duration
from stacklab.report.kit.json import written
from stacklab.report.session.words.loads import load_in_words
from stacklab.store.findings import latest_findings
from stacklab.store.folder import sessions_in

LatestFindings: TypeAlias = Mapping[str, tuple[Finding, Tested]]
"""The newest finding of each claim, and where it is from."""


@click.command("list")
@click.argument("what", type=click.Choice(["stacks", "scenarios", "claims", "sessions"]), required=False)
@json_option
@workspace_option
def verb(*, what: str | None, as_json: bool, workspace: Workspace) -> None:
    """List the stacks, scenarios and claims of the workspace, or its sessions."""
    if what == "sessions":
        _list_sessions(workspace.results, as_json=as_json)
        return
    known = catalogue.read(workspace)
    claims = known_claims(workspace, known) if what in {None, "claims"} else ()
    latest = findings_by_claim(workspace) if claims else {}
    if as_json:
        documents = {**_documents(known), "claims": claims_document(claims, latest)}
        click.echo(written(documents if what is None else {what: documents[what]}), nl=False)
        return
    console = consoles.results()
    if what in {None, "stacks"}:
        console.print(_stacks(known))
        console.print(_optional_endpoints(known))
        if any(stack.lacks or stack.differs for stack in known.stacks.values()):
            console.print(_differences(known))
        console.print(_unavailable(known))
    if what in {None, "scenarios"}:
        console.print(_scenarios(known))
    if what in {None, "claims"}:
        console.print(claims_table(claims, latest))
    if what == "claims":
        console.print("Next: stacklab reproduce NAME")
        return
    console.print("Next: stacklab run --stack NAME --scenario NAME --preset quick")


def _documents(known: Catalogue) -> dict[str, list[dict[str, object]]]:
    documents: dict[str, list[dict[str, object]]] = {
        "stacks": [
            {
                "name": stack.name,
                "summary": stack.summary,
                "family": stack.family,
                "interface": stack.interface,
                "waits": stack.waits,
                "workers": stack.workers,
                "threads": stack.threads,
                "loop": stack.loop,
                "requirements": list(stack.all_requirements),
                "serves": list(stack.serves),
                "missing": dict(known.contract.missing(stack)),
                "differs": dict(stack.differs),
            }
            for stack in known.stacks.values()
        ],
        "scenarios": [
            {"name": scenario.name, "summary": scenario.summary, "load": load_in_words(scenario.load)}
            for scenario in known.scenarios.values()
        ],
    }
    documents["unavailable"] = [asdict(absent) for absent in known.unavailable]
    return documents


def _stacks(known: Catalogue) -> Listing:
    rows: list[tuple[str, ...]] = []
    for family in Family:
        members = [stack for stack in known.stacks.values() if stack.family is family]
        rows += [(family.value,)] if members else []
        rows += [(f"  {one.name}", one.interface, f"{one.workers} x {one.threads}", one.summary) for one in members]
    return Listing(("stack", "interface", "w x t", "summary"), rows, "w x t: worker processes x threads of each")


def _optional_endpoints(known: Catalogue) -> Listing:
    rows = []
    for part in known.contract.parts:
        served = sum(part in stack.serves for stack in known.stacks.values())
        exercises = [endpoint.exercises for endpoint in known.contract.endpoints_of(part)]
        rows.append((f"  {part}", str(served), "; ".join(exercises)))
    return Listing(
        ("optional endpoints", "stacks", "what they exercise"),
        rows,
        "what the contract has beyond the core that every stack serves",
    )


def _differences(known: Catalogue) -> Listing:
    rows = [
        (f"  {stack.name}", where, why)
        for stack in known.stacks.values()
        for where, why in (*stack.differs.items(), *stack.lacks.items())
    ]
    return Listing(("stack", "where", "how it differs, or why it is missing"), rows)


def _unavailable(known: Catalogue) -> Listing:
    rows = [(f"  {absent.name}", absent.since, absent.reason) for absent in known.unavailable]
    return Listing(("unavailable", "since", "reason"), rows)


def _scenarios(known: Catalogue) -> Listing:
    rows = [(f"  {one.name}", load_in_words(one.load), one.summary) for one in known.scenarios.values()]
    return Listing(("scenario", "load", "summary"), rows)


def _list_sessions(results: Path, *, as_json: bool) -> None:
    from stacklab.store.overview import entry_of  # noqa: PLC0415 (the rest of `list` reads no session, and is faster)

    entries = [entry_of(path) for path in reversed(sessions_in(results))]
    if as_json:
        click.echo(written({"sessions": [asdict(entry) for entry in entries]}), nl=False)
        return
    rows = [(f"  {one.label or '-'}", one.name, one.runs, one.what) for one in entries]
    console = consoles.results()
    console.print(Listing(("name", "session", "runs", "what was measured"), rows, f"newest first, in {results}"))
    console.print("Next: stacklab report SESSION" if entries else "Next: stacklab run --preset quick")


def known_claims(workspace: Workspace, known: Catalogue) -> tuple[Claim, ...]:
    """Every claim of the workspace, to be shown: without the digests of their programs."""
    return tuple(claims_of.read(workspace, catalogue.with_those_of_claims(workspace, known), digests=False).values())


def findings_by_claim(workspace: Workspace) -> LatestFindings:
    """The newest finding of each claim that has one."""
    return {finding.claim: (finding, tested) for finding, tested in latest_findings(workspace.results)}


def claims_table(claims: Iterable[Claim], latest: LatestFindings) -> Listing:
    """One row a claim."""
    rows = []
    for claim in claims:
        found = latest.get(claim.name)
        verdict = Text("-") if found is None else Text(found[0].verdict, STYLES[found[0].verdict])
        rows.append((f"  {claim.name}", duration(cost(claim, "quick")), verdict, claim.title))
    return Listing(
        ("claim", "takes", "latest verdict", "statement"),
        rows,
        "takes: duration with --preset quick, once the environments exist",
    )


def claims_document(claims: Iterable[Claim], latest: LatestFindings) -> list[dict[str, Any]]:
    """The claims for programs."""
    return [
        {
            "name": claim.name,
            "title": claim.title,
            "statement": claim.statement,
            "source": claim.source.text,
            "arms": list(claim.arms),
            "cores": claim.cores,
            "seconds": {preset: round(cost(claim, preset), 1) for preset in PRESETS},
            "last": None
            if (found := latest.get(claim.name)) is None
            else {"verdict": found[0].verdict, "session": found[1].session, "started_at": found[1].started_at},
        }
        for claim in claims
    ]


def cost(claim: Claim, preset: str, rounds: int | None = None) -> float:
    """Seconds that it takes, about."""
    return seconds(claim, preset, rounds=rounds or rounds_of(claim, preset))
