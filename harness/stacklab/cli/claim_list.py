"""The claims of a workspace as a list: what each says, what it costs, and what became of it last."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from rich.table import Table
from rich.text import Text

from stacklab.catalog import catalogue
from stacklab.catalog.claims import claims as claims_of
from stacklab.catalog.workspace import Workspace
from stacklab.cli.show.tables import table
from stacklab.model.claims.claim import Claim
from stacklab.model.claims.finding import Finding, Tested
from stacklab.model.claims.grid import rounds_of, seconds
from stacklab.model.plan import PRESETS
from stacklab.report.claims.text import STYLES
from stacklab.report.claims.words import duration
from stacklab.store.findings import latest_findings

Last: TypeAlias = Mapping[str, tuple[Finding, Tested]]
"""The newest finding of each claim, and where it is from."""


def known_claims(place: Workspace) -> tuple[Claim, ...]:
    """Every claim of the workspace."""
    return tuple(claims_of.read(place, catalogue.with_those_of_claims(place, catalogue.read(place))).values())


def last_findings(place: Workspace) -> Last:
    """What became of each claim last."""
    return {finding.claim: (finding, of) for finding, of in latest_findings(place.results)}


def claims_table(claims: Iterable[Claim], last: Last) -> Table:
    """One row a claim."""
    drawn = table("claim", "takes", "last verdict", "what it says")
    for claim in claims:
        found = last.get(claim.name)
        verdict = Text("-") if found is None else Text(found[0].verdict, STYLES[found[0].verdict])
        drawn.add_row(f"  {claim.name}", duration(cost(claim, "quick")), verdict, claim.title)
    drawn.caption = "takes: with the preset quick, once its environments are made"
    return drawn


def claims_document(claims: Iterable[Claim], last: Last) -> list[dict[str, Any]]:
    """The same as JSON."""
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
            if (found := last.get(claim.name)) is None
            else {"verdict": found[0].verdict, "session": found[1].session, "started_at": found[1].started_at},
        }
        for claim in claims
    ]


def cost(claim: Claim, preset: str, rounds: int | None = None) -> float:
    """Seconds that it takes, about."""
    return seconds(claim, preset, rounds=rounds or rounds_of(claim, preset))
