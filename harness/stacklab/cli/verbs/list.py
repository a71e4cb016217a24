"""``stacklab list``: stacks, scenarios and claims."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stacklab.catalog import catalogue
from stacklab.catalog.catalogue import Catalogue
from stacklab.catalog.claims import claims as claims_of
from stacklab.catalog.workspace import Workspace, find
from stacklab.cli.show.output import json_option, table
from stacklab.model.claims.claim import Claim
from stacklab.model.claims.finding import Finding, Tested
from stacklab.model.claims.grid import rounds_of, seconds
from stacklab.model.plan import PRESETS
from stacklab.model.stack import Family
from stacklab.report.claims.words import STYLES, duration
from stacklab.report.kit.json import written
from stacklab.report.session.loads import load_in_words
from stacklab.store.findings import latest_findings

LatestFindings: TypeAlias = Mapping[str, tuple[Finding, Tested]]
"""The newest finding of each claim, and where it is from."""


@click.command("list")
@click.argument("what", type=click.Choice(["stacks", "scenarios", "claims"]), required=False)
@json_option
def verb(what: str | None, as_json: bool) -> None:
    """List the stacks, scenarios and claims of the workspace."""
    workspace = find(Path.cwd())
    known = catalogue.read(workspace)
    claims, latest = known_claims(workspace, known), findings_by_claim(workspace)
    if as_json:
        documents = {**_documents(known), "claims": claims_document(claims, latest)}
        click.echo(written(documents if what is None else {what: documents[what]}), nl=False)
        return
    console = Console(markup=False)
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
        console.print("Next: stacklab reproduce NAME", highlight=False)
        return
    console.print("Next: stacklab run --stack NAME --scenario NAME --preset quick", highlight=False)


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


def _stacks(known: Catalogue) -> Table:
    drawn = table("stack", "interface", "w x t", "summary")
    for family in Family:
        members = [stack for stack in known.stacks.values() if stack.family is family]
        if members:
            drawn.add_row(Text(family, "bold"))
        for stack in members:
            drawn.add_row(f"  {stack.name}", stack.interface, f"{stack.workers} x {stack.threads}", stack.summary)
    drawn.caption = "w x t: worker processes x threads of each"
    return drawn


def _optional_endpoints(known: Catalogue) -> Table:
    drawn = table("optional endpoints", "stacks", "what they exercise")
    for part in known.contract.parts:
        served = sum(part in stack.serves for stack in known.stacks.values())
        exercises = [endpoint.exercises for endpoint in known.contract.endpoints_of(part)]
        drawn.add_row(f"  {part}", str(served), "; ".join(exercises))
    drawn.caption = "what the contract has beyond the core that every stack serves"
    return drawn


def _differences(known: Catalogue) -> Table:
    drawn = table("stack", "where", "how it differs, or why it is missing")
    for stack in known.stacks.values():
        for where, why in (*stack.differs.items(), *stack.lacks.items()):
            drawn.add_row(f"  {stack.name}", where, why)
    return drawn


def _unavailable(known: Catalogue) -> Table:
    drawn = table("unavailable", "since", "reason")
    for absent in known.unavailable:
        drawn.add_row(f"  {absent.name}", absent.since, absent.reason)
    return drawn


def _scenarios(known: Catalogue) -> Table:
    drawn = table("scenario", "load", "summary")
    for scenario in known.scenarios.values():
        drawn.add_row(f"  {scenario.name}", load_in_words(scenario.load), scenario.summary)
    return drawn


def known_claims(workspace: Workspace, known: Catalogue) -> tuple[Claim, ...]:
    """Every claim of the workspace."""
    return tuple(claims_of.read(workspace, catalogue.with_those_of_claims(workspace, known)).values())


def findings_by_claim(workspace: Workspace) -> LatestFindings:
    """The newest finding of each claim that has one."""
    return {finding.claim: (finding, tested) for finding, tested in latest_findings(workspace.results)}


def claims_table(claims: Iterable[Claim], latest: LatestFindings) -> Table:
    """One row a claim."""
    drawn = table("claim", "takes", "latest verdict", "statement")
    for claim in claims:
        found = latest.get(claim.name)
        verdict = Text("-") if found is None else Text(found[0].verdict, STYLES[found[0].verdict])
        drawn.add_row(f"  {claim.name}", duration(cost(claim, "quick")), verdict, claim.title)
    drawn.caption = "takes: duration with --preset quick, once the environments exist"
    return drawn


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
