"""The routes of a scenario in words, and the requests of each that failed: for the terminal, Markdown and the page."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from stacklab.analysis.metrics import BY_ROUTE, ERRORS
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.rounds.routes import FailureGroup, RouteResult
from stacklab.model.measured.record import Outcome
from stacklab.model.traffic.route import Route
from stacklab.report.kit.numbers import NO_NUMBER, number, relative

ROUTE_METRICS: Final = tuple(metric for metric in BY_ROUTE if metric is not ERRORS)
"""The columns of metrics; failures are counted."""

ROUTE_HEADS: Final = (("Requests", ""), ("Failed", ""), *((metric.title, metric.unit) for metric in ROUTE_METRICS))
"""Of each column of numbers: what it holds, and its unit."""

FAILURE_HEADS: Final = ("Stack", "Route", "Failure", "Requests", "First body", "Server log")

_KINDS: Final = {
    Outcome.TIMEOUT: "timeout",
    Outcome.REFUSED: "connection refused",
    Outcome.RESET: "connection reset",
    Outcome.SHED: "never sent",
    Outcome.CENSORED: "unfinished",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteRow:
    """One route under one stack."""

    route: Route
    stack: str
    found: RouteResult

    @property
    def heading(self) -> str:
        """The route, and its weight where it has one."""
        return self.route.title if self.route.weight is None else f"{self.route.title}, weight {self.route.weight}"

    @property
    def numbers(self) -> tuple[str, ...]:
        """What stands under ``ROUTE_HEADS``."""
        one = self.found
        return (
            number(one.requests),
            number(one.errors),
            *(relative(one.of(metric), at_least=one.at_least(metric)) for metric in ROUTE_METRICS),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class FailureRow:
    """Requests of one route under one stack that failed alike."""

    stack: str
    route: str
    kind: str
    """``500 Internal Server Error``, ``incorrect body (200)``, or how the request ended without a response."""
    count: int
    body: str
    """The first one; empty where there was none."""
    log: str

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands under ``FAILURE_HEADS``."""
        return (
            self.stack,
            self.route,
            self.kind,
            number(self.count),
            self.body or NO_NUMBER,
            self.log or NO_NUMBER,
        )


def route_rows(cells: Iterable[CellResult]) -> tuple[RouteRow, ...]:
    """Route by route, in the order of the scenario, so that the stacks stand beside each other within each."""
    rows = [RouteRow(route=one.route, stack=cell.stack, found=one) for cell in cells for one in cell.routes]
    places = {name: place for place, name in enumerate(dict.fromkeys(row.route.name for row in rows))}
    return tuple(sorted(rows, key=lambda row: places[row.route.name]))


def failure_rows(cells: Iterable[CellResult]) -> tuple[FailureRow, ...]:
    """Stack by stack, the most frequent first."""
    return tuple(
        FailureRow(
            stack=cell.stack,
            route=one.route.title,
            kind=kind_in_words(one),
            count=one.count,
            body=one.body or "",
            log=one.log,
        )
        for cell in cells
        for one in cell.failures
    )


def kind_in_words(one: FailureGroup) -> str:
    """How these requests failed."""
    if one.outcome is Outcome.BODY:
        return f"incorrect body ({one.status})"
    return _KINDS.get(one.outcome) or _status(one.status)


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
