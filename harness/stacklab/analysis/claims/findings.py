"""The findings of a session: the runs of each arm become rows, and the rows are judged."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import parse_qsl

from stacklab.analysis.claims.cell_rows import CellRun, rows_of
from stacklab.analysis.claims.finding import find
from stacklab.analysis.claims.observed import Observed
from stacklab.analysis.rounds.relative import relative_values
from stacklab.analysis.run.summary import Summary
from stacklab.analysis.session import SessionReader, evidence
from stacklab.analysis.validity.caveats import caveats
from stacklab.analysis.validity.evidence import Evidence
from stacklab.analysis.validity.rules.program import caveats_of_program, watched
from stacklab.model.claims.arm import CellArm
from stacklab.model.claims.claim import Claim
from stacklab.model.claims.finding import ArmCaveat, Finding, Tested
from stacklab.model.claims.grid import Point, once_or_twice
from stacklab.model.measured.caveat import MACHINE_NOISE, MET_ALIKE, Caveat, CaveatKind
from stacklab.model.measured.record import Failed, Ran, Row
from stacklab.model.measured.verdict import Validity
from stacklab.model.plan import ProgramRun
from stacklab.model.traffic.contract import Contract, Endpoint
from stacklab.model.traffic.scenario import CallSpec, Scenario
from stacklab.units import NS_PER_MS, Nanoseconds

FEWEST_KEPT: Final = 3
"""Rounds of a grid point that have to be left where disturbed ones are dropped; and half of all."""

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
        suspect={arm: tuple(found.values()) for arm, found in gathered.caveats[Validity.SUSPECT].items()},
        void={arm: tuple(found.values()) for arm, found in gathered.caveats[Validity.VOID].items()},
        dropped={arm: tuple(sorted(numbers)) for arm, numbers in gathered.dropped.items() if numbers},
    )


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Results collected while iterating over the runs."""

    arms: dict[str, dict[int, tuple[Row, ...]]]
    twin: dict[int, tuple[Row, ...]] = field(default_factory=dict)
    failed: dict[str, list[Failed]] = field(default_factory=lambda: defaultdict(list))
    caveats: dict[Validity, dict[str, dict[CaveatKind, ArmCaveat]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    """The first of each kind, by arm."""
    dropped: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def doubt(self, arm: str, found: ArmCaveat) -> None:
        """Keep a caveat, if it is the first of its kind."""
        self.caveats[found.caveat.makes][arm].setdefault(found.caveat.kind, found)

    def rounds(self, arm: str, *, twin: bool) -> dict[int, tuple[Row, ...]]:
        """The rows of an arm, or of its twin."""
        return self.twin if twin else self.arms[arm]


def _programs(session: SessionReader, claim: Claim, gathered: _Gathered) -> None:
    doubts: dict[tuple[str, bool], dict[int, tuple[Caveat, ...]]] = defaultdict(dict)
    for run in session.runs:
        if isinstance(run.cell, ProgramRun) and run.cell.claim == claim.name:
            if isinstance(run, Ran):
                gathered.rounds(run.cell.arm, twin=run.cell.twin)[run.cell.round] = session.rows(run)
                seen = watched(session.usage(run))
                found = caveats_of_program(seen, cores=session.host.cores) if seen else ()
                doubts[run.cell.arm, run.cell.twin][run.cell.round] = tuple(one for one in found if _counts(one, claim))
            elif isinstance(run, Failed):
                gathered.failed[run.cell.arm].append(run)
    for (arm, twin), by_round in doubts.items():
        disturbed = droppable(by_round)
        gathered.dropped[arm] |= disturbed
        for number, caveats_of_round in by_round.items():
            if number in disturbed:
                del gathered.rounds(arm, twin=twin)[number]
                continue
            for caveat in caveats_of_round:
                gathered.doubt(arm, ArmCaveat(caveat=caveat, round=number))


def _cells(session: SessionReader, claim: Claim, gathered: _Gathered) -> None:
    served = [(point, twin) for point, twin in once_or_twice(claim) if isinstance(point.arm, CellArm)]
    evidence_of = [_evidence(session, point, twin=twin) for point, twin in served]
    within_sweeps = relative_values([known.summaries for known in evidence_of])
    for (point, twin), known, relative in zip(served, evidence_of, within_sweeps, strict=True):
        gathered.failed[point.name] += known.failed
        disturbed = droppable(
            {one.run.cell.round: _noise(known, one, claim, turned=bool(relative)) for one in known.summaries}
        )
        gathered.dropped[point.name] |= disturbed
        kept = replace(known, summaries=tuple(one for one in known.summaries if one.run.cell.round not in disturbed))
        rounds = gathered.rounds(point.name, twin=twin)
        for summary in kept.summaries:
            number = summary.run.cell.round
            measured = rows_of(_cell_run(session, point, summary))
            rounds[number] = rounds.get(number, ()) + tuple(_within_sweeps(measured, relative, number))
        for caveat in caveats(kept) if kept.summaries else ():
            if _counts(caveat, claim, turned=bool(relative)):
                gathered.doubt(point.name, ArmCaveat(caveat=caveat, at=point.at))


def _within_sweeps(rows: Iterable[Row], relative: Mapping[str, Mapping[int, float]], number: int) -> Iterator[Row]:
    """The rows of a round; of an arm that took turns, with the values that can be compared with those of the others."""
    for row in rows:
        value = None if "endpoint" in row.at else relative.get(row.metric, {}).get(number)
        yield row if value is None else replace(row, value=value)


def droppable(doubts: Mapping[int, Collection[Caveat]]) -> set[int]:
    """The rounds of one arm, at one grid point, that are left out: those in which something else disturbed it.

    The machine is asked, never the numbers; and where too few rounds would be left, none is left out, so that the worst
    of them decides what the arm can support.
    """
    disturbed = {number for number, found in doubts.items() if any(one.kind in MACHINE_NOISE for one in found)}
    left = len(doubts) - len(disturbed)
    return disturbed if left >= FEWEST_KEPT and 2 * left >= len(doubts) else set()


def _noise(known: Evidence, summary: Summary, claim: Claim, *, turned: bool) -> tuple[Caveat, ...]:
    """What there is to doubt about one round of a cell, by itself."""
    alone = replace(known, summaries=(summary,), failed=(), repeated=())
    return tuple(caveat for caveat in caveats(alone) if _counts(caveat, claim, turned=turned))


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


def _counts(caveat: Caveat, claim: Claim, *, turned: bool = False) -> bool:
    """Whether it limits what the arm can support; ``turned``: it took turns with those that it is compared with."""
    tolerated = TOLERATED | claim.tolerated | (MET_ALIKE if turned else frozenset())
    return caveat.makes is not Validity.VALID and caveat.kind not in tolerated
