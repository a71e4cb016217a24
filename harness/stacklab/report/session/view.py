"""A session as every rendering of it sees it: what analysis found, with scenarios and claims in words, and profiles."""

from dataclasses import dataclass
from typing import Final

from stacklab.analysis.metrics import LoadKind, load_kind
from stacklab.analysis.results import SessionResult, judge
from stacklab.analysis.session import SessionReader
from stacklab.model.plan import Plan
from stacklab.model.record import Profile
from stacklab.model.traffic.scenario import Scenario
from stacklab.report.claims.view import ClaimView, claim_views
from stacklab.report.profile.flamegraph import fold
from stacklab.report.session.loads import load_in_words, notes, requests, unranked
from stacklab.report.session.turns import turns_in_words

MOST_NAMED: Final = 3
"""Requests that a line names; a table of routes has them all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioView:
    """A scenario in words."""

    name: str
    summary: str
    load: str
    """``32 connections, closed loop`` or ``open loop, 50 requests a second, Poisson``."""
    kind: LoadKind
    requests: tuple[str, ...]
    """Method, path and query of each route."""
    unranked: str = ""
    """Why nobody is ranked under it, whatever is found; empty where somebody may be."""
    notes: tuple[str, ...]
    """Notes on it, such as which stacks block."""

    @property
    def in_brief(self) -> str:
        """How many routes there are, where they are too many to be named; else empty."""
        return f"{len(self.requests)} routes" if len(self.requests) > MOST_NAMED else ""

    @property
    def is_open(self) -> bool:
        """Whether its load is an open loop."""
        return self.kind is LoadKind.OPEN


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileView:
    """One profile: merged folded stacks of every worker."""

    stack: str
    scenario: str
    folded: tuple[tuple[str, int], ...]
    """(frames from the outermost to the innermost, joined by ``;``; samples), most samples first."""
    samples: int
    failed: str | None
    """The reason why there is no profile, and a remedy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """One session as a page shows it."""

    result: SessionResult
    scenarios: tuple[ScenarioView, ...]
    profiles: tuple[ProfileView, ...]
    turns: tuple[str, ...] = ()
    """How stacks took turns, a sentence each; empty for a session of whole runs."""
    claims: tuple[ClaimView, ...] = ()


def build_view(session: SessionReader) -> View:
    """Judge a session, and put it into words.

    Raises:
        UsageError: a file of the session is missing, broken or of another kind.
    """
    return View(
        result=judge(session),
        scenarios=tuple(_scenario(scenario, session.plan) for scenario in session.plan.scenarios),
        profiles=tuple(_profile(session, profile) for profile in session.profiles),
        turns=tuple(turns_in_words(session.plan)),
        claims=tuple(claim_views(session)),
    )


def _scenario(scenario: Scenario, plan: Plan) -> ScenarioView:
    served_by = {cell.stack for cell in plan.served if cell.scenario == scenario.name}
    stacks = [stack for stack in plan.stacks if stack.name in served_by]
    return ScenarioView(
        name=scenario.name,
        summary=scenario.summary,
        load=load_in_words(scenario.load),
        kind=load_kind(scenario.load),
        requests=requests(scenario, plan.contract),
        unranked=unranked(scenario),
        notes=tuple(notes(scenario, plan.contract, stacks)),
    )


def _profile(session: SessionReader, profile: Profile) -> ProfileView:
    folded = () if profile.failed else fold(session.speedscope(profile))
    return ProfileView(
        stack=profile.stack,
        scenario=profile.scenario,
        folded=folded,
        samples=sum(samples for _, samples in folded),
        failed=profile.failed,
    )
