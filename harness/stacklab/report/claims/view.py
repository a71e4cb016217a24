"""A claim as plain data for its page."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stacklab.analysis.claims.findings import findings
from stacklab.analysis.session import SessionReader
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.claims.claim import Claim
from stacklab.model.claims.finding import Finding
from stacklab.model.claims.grid import points
from stacklab.model.measured.record import Completed, Failed, Ran, Run
from stacklab.model.plan import PlannedRun, ProgramRun
from stacklab.report.claims.words import arm_in_words, doubt_in_words


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmView:
    """One arm: what it is, what really ran, and why it may be doubted."""

    name: str
    what: str
    digest: str | None
    """Digest of a program's text; None for a cell."""
    completed: int
    """Runs."""
    failed: int
    reason: str
    """The reason of the first failure."""
    python: str | None
    packages: Mapping[str, str]
    """Versions in its environment, by package."""
    again: int
    """Runs that something else disturbed, and that were repeated."""
    doubt: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimView:
    """A claim, its finding, and how to run it again."""

    claim: Claim
    finding: Finding
    arms: tuple[ArmView, ...]
    command: str


def claim_views(session: SessionReader) -> Iterator[ClaimView]:
    """Every claim of the session."""
    plan = session.plan
    for claim, finding in zip(plan.claims, findings(session), strict=True):
        yield ClaimView(
            claim=claim,
            finding=finding,
            arms=tuple(_arms(session, claim, finding)),
            command=f"stacklab reproduce {claim.name} --preset {plan.preset} --seed {plan.seed}",
        )


def _arms(session: SessionReader, claim: Claim, finding: Finding) -> Iterator[ArmView]:
    named = {point.stack: point.name for point in points(claim)}
    runs: dict[str, list[Run]] = {name: [] for name in claim.arms}
    for run in session.runs:
        if run.cell.claim == claim.name:
            runs[_arm_of(run.cell, named)].append(run)
    again = Counter(_arm_of(cell, named) for cell in session.discarded if cell.claim == claim.name)
    for name, arm in claim.arms.items():
        failed = [run for run in runs[name] if isinstance(run, Failed)]
        python, packages = next((_environment(run) for run in runs[name] if not isinstance(run, Failed)), (None, {}))
        yield ArmView(
            name=name,
            what=arm_in_words(arm),
            digest=arm.digest if isinstance(arm, ProgramArm) else None,
            completed=len(runs[name]) - len(failed),
            failed=len(failed),
            reason=failed[0].reason if failed else "",
            again=again[name],
            python=python,
            packages={
                package: version for package, version in packages.items() if package not in {"pip", "setuptools"}
            },
            doubt=doubt_in_words(finding, name),
        )


def _arm_of(cell: PlannedRun, named: Mapping[str, str]) -> str:
    return cell.arm if isinstance(cell, ProgramRun) else named[cell.stack]


def _environment(run: Ran | Completed) -> tuple[str | None, Mapping[str, str]]:
    """The interpreter and packages that ran."""
    if isinstance(run, Ran):
        return run.python, run.packages
    return run.server.python, run.server.packages
