"""A session as every rendering of it sees it: what analysis found, with scenarios and claims in words, and profiles."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from stacklab.analysis.capacity.boots import capacities
from stacklab.analysis.capacity.result import CapacityResult
from stacklab.analysis.metrics import CPU, LoadKind, load_kind
from stacklab.analysis.profiles.result import profile_result
from stacklab.analysis.results import SessionResult, judge
from stacklab.analysis.session import SessionReader
from stacklab.catalog.layers import read_layers
from stacklab.model.layers import Layers
from stacklab.model.plan import Plan, Swept
from stacklab.model.traffic.scenario import Scenario
from stacklab.report.claims.view import ClaimView, claim_views
from stacklab.report.kit.numbers import number
from stacklab.report.profile.block import ProfileBlock, profile_block
from stacklab.report.session.words.loads import load_in_words, notes, requests, unranked
from stacklab.report.session.words.turns import turns_in_words

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
class View:
    """One session as a page shows it."""

    result: SessionResult
    scenarios: tuple[ScenarioView, ...]
    profiles: tuple[ProfileBlock, ...]
    turns: tuple[str, ...] = ()
    """How stacks took turns, a sentence each; empty for a session of whole runs."""
    claims: tuple[ClaimView, ...] = ()
    swept: Mapping[str, Swept] = field(default_factory=dict)
    """By name: the scenarios that were made of others by what was varied."""
    capacities: tuple[CapacityResult, ...] = ()
    """Of a session of capacity: every stack under every promise."""


def build_view(session: SessionReader, layers: Layers | None = None) -> View:
    """Judge a session, and put it into words. ``layers`` None: those that come with stacklab.

    Raises:
        UsageError: a file of the session is missing, broken or of another kind.
    """
    result = judge(session)
    return View(
        result=result,
        scenarios=tuple(_scenario(scenario, session.plan) for scenario in session.plan.scenarios),
        profiles=tuple(_profiles(session, result, layers or read_layers())),
        turns=tuple(turns_in_words(session.plan)),
        claims=tuple(claim_views(session)),
        swept=session.plan.swept,
        capacities=tuple(capacities(session)),
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
        notes=(*notes(scenario, plan.contract, stacks), *_share(scenario, plan)),
    )


def _share(scenario: Scenario, plan: Plan) -> Iterator[str]:
    """What the rate is a share of, if it was asked for as one."""
    swept = plan.swept.get(scenario.name)
    if swept is not None and swept.of in plan.maxima and swept.at.get("rate", "").endswith("%"):
        maximum = plan.maxima[swept.of]
        yield (
            f"The rate is {swept.at['rate']} of the {number(float(f'{maximum.rps:.3g}'))} requests per second that "
            f"{maximum.stack} served at most, in a closed loop beforehand."
        )


def _profiles(session: SessionReader, result: SessionResult, layers: Layers) -> Iterator[ProfileBlock]:
    measured = {
        (cell.stack, cell.scenario): found.value for cell in result.cells if (found := cell.of(CPU)) is not None
    }
    for profile in session.profiles:
        if profile.number > 1:
            continue  # the others are for `compare --profiles`, which needs several
        measured_us = measured.get((profile.stack, profile.scenario))
        yield profile_block(profile_result(session, profile, layers, measured_us=measured_us), layers)
