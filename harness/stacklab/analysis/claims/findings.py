"""The findings of a session: the runs of each arm become rows, and the rows are judged."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from stacklab.analysis.claims.cell_rows import CellRun, rows_of
from stacklab.analysis.claims.finding import find
from stacklab.analysis.claims.observed import Observed
from stacklab.analysis.run.summary import Summary
from stacklab.analysis.session import SessionReader, evidence
from stacklab.analysis.validity.caveats import caveats
from stacklab.analysis.validity.evidence import Evidence
from stacklab.analysis.validity.rules.program import caveats_of_program, watched
from stacklab.model.caveat import Caveat, CaveatKind
from stacklab.model.claims.arm import CellArm
from stacklab.model.claims.claim import Claim
from stacklab.model.claims.finding import ArmCaveat, Finding, Tested
from stacklab.model.claims.grid import Point, once_or_twice
from stacklab.model.plan import ProgramRun
from stacklab.model.record import Failed, Ran, Row
from stacklab.model.traffic.contract import Contract, Endpoint
from stacklab.model.traffic.scenario import CallSpec, Scenario
from stacklab.model.verdict import Validity
from stacklab.units import NS_PER_MS, Nanoseconds

TOLERATED: Final = frozenset({CaveatKind.ROUNDS_DISAGREE})
"""Caveats that no claim's cell is doubted for: the interval over the rounds says the same, in numbers."""


def tested(session: SessionReader) -> Tested:
    """The findings of a session, as they are kept beside it."""
    host = session.host
    return Tested(
        session=session.name,
        started_at=session.started_at,
        preset=session.plan.preset,
        machine=f"{host.processor} ({host.cores} {'core' if host.cores == 1 else 'cores'})",
        findings=tuple(findings(session)),
    )


def findings(session: SessionReader, *, only: str | None = None) -> Iterator[Finding]:
    """Every claim of the session, or one alone, in the order of the plan."""
    untestable = {one.claim: one.reason for one in session.plan.untestable}
    for claim in session.plan.claims if only is None else (session.plan.claim(only),):
        reason = untestable.get(claim.name, "")
        yield find(claim, Observed(arms={}) if reason else observe(session, claim), untestable=reason)


def observe(session: SessionReader, claim: Claim) -> Observed:
    """The results of a claim's arms."""
    gathered = _Gathered(arms={name: {} for name in claim.arms})
    _programs(session, claim, gathered)
    _cells(session, claim, gathered)
    return Observed(
        arms=gathered.arms,
        twin=gathered.twin,
        failed={arm: tuple(runs) for arm, runs in gathered.failed.items() if runs},
        suspect=gathered.caveats[Validity.SUSPECT],
        void=gathered.caveats[Validity.VOID],
    )


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Results collected while iterating over the runs."""

    arms: dict[str, dict[int, tuple[Row, ...]]]
    twin: dict[int, tuple[Row, ...]] = field(default_factory=dict)
    failed: dict[str, list[Failed]] = field(default_factory=lambda: defaultdict(list))
    caveats: dict[Validity, dict[str, ArmCaveat]] = field(default_factory=lambda: defaultdict(dict))
    """The first of each arm."""

    def rounds(self, arm: str, *, twin: bool) -> dict[int, tuple[Row, ...]]:
        """The rows of an arm, or of its twin."""
        return self.twin if twin else self.arms[arm]


def _programs(session: SessionReader, claim: Claim, gathered: _Gathered) -> None:
    for run in session.runs:
        if isinstance(run.cell, ProgramRun) and run.cell.claim == claim.name:
            if isinstance(run, Ran):
                gathered.rounds(run.cell.arm, twin=run.cell.twin)[run.cell.round] = session.rows(run)
                seen = watched(session.usage(run))
                for caveat in caveats_of_program(seen, cores=session.host.cores) if seen else ():
                    if _counts(caveat, claim):
                        found = ArmCaveat(caveat=caveat, round=run.cell.round)
                        gathered.caveats[caveat.makes].setdefault(run.cell.arm, found)
            elif isinstance(run, Failed):
                gathered.failed[run.cell.arm].append(run)


def _cells(session: SessionReader, claim: Claim, gathered: _Gathered) -> None:
    for point, twin in once_or_twice(claim):
        if isinstance(point.arm, CellArm):
            known = _evidence(session, point, twin=twin)
            gathered.failed[point.name] += known.failed
            rounds = gathered.rounds(point.name, twin=twin)
            for summary in known.summaries:
                number = summary.run.cell.round
                rounds[number] = rounds.get(number, ()) + rows_of(_cell_run(session, point, summary))
            for caveat in caveats(known) if known.summaries else ():
                if _counts(caveat, claim):
                    gathered.caveats[caveat.makes].setdefault(point.name, ArmCaveat(caveat=caveat, at=point.at))


def _evidence(session: SessionReader, point: Point, *, twin: bool) -> Evidence:
    plan = session.plan
    return evidence(session, plan.stack(point.stack), plan.scenario(point.scenario), twin=twin)


def _cell_run(session: SessionReader, point: Point, summary: Summary) -> CellRun:
    plan, run = session.plan, summary.run
    scenario = plan.scenario(point.scenario)
    return CellRun(
        summary=summary,
        requests=session.requests(run),
        endpoints=session.endpoints(run),
        several=len({call.endpoint for call in scenario.calls}) > 1,
        load=scenario.load,
        workers=plan.stack(point.stack).workers,
        alone_ns=alone_ns(scenario, plan.contract),
        at=point.at,
    )


def alone_ns(scenario: Scenario, contract: Contract) -> Nanoseconds | None:
    """For how long each request keeps its worker to itself; None where they differ, or the contract does not say."""
    told = {_alone_ms(call, contract.endpoints[call.endpoint]) for call in scenario.calls}
    ms = told.pop() if len(told) == 1 else None
    return None if ms is None else ms * NS_PER_MS


def _alone_ms(call: CallSpec, endpoint: Endpoint) -> int | None:
    told = dict(parse_qsl(call.query)).get(endpoint.alone_ms or "")
    return int(told) if told and told.isdecimal() else None


def _counts(caveat: Caveat, claim: Claim) -> bool:
    """Whether it limits what the arm can support."""
    return caveat.makes is not Validity.VALID and caveat.kind not in TOLERATED | claim.tolerated
