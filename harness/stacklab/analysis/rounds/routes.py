"""The routes of a cell over its rounds, and the requests of each that failed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from stacklab.analysis.metrics import BY_ROUTE
from stacklab.analysis.rounds.part import PartResult, over_rounds
from stacklab.analysis.run.routes import RouteNumbers
from stacklab.model.measured.record import Outcome
from stacklab.model.traffic.route import Route


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteResult(PartResult):
    """One route of one stack, over all rounds that know it."""

    route: Route


@dataclass(frozen=True, kw_only=True, slots=True)
class FailureGroup:
    """Requests of one route that failed alike, over all rounds."""

    route: Route
    outcome: Outcome
    status: int
    """Of the response; 0 where there was none."""
    count: int
    body: str | None
    """The first such body, as far as it was kept."""
    log: str
    """The line that tells most in the server's log of the first round in which it happened."""


def route_results(rounds: Mapping[int, tuple[RouteNumbers, ...]]) -> tuple[RouteResult, ...]:
    """Each route in turn; none where there is only one, whose numbers are those of the cell."""
    found: dict[str, dict[int, RouteNumbers]] = {}
    for number, routes in rounds.items():
        for one in routes:
            found.setdefault(one.route.name, {})[number] = one
    if len(found) < 2:
        return ()
    return tuple(
        RouteResult(
            route=next(iter(of.values())).route,
            **over_rounds({number: one.numbers for number, one in of.items()}, BY_ROUTE),
        )
        for of in found.values()
    )


def failure_groups(rounds: Mapping[int, tuple[RouteNumbers, ...]], logs: Mapping[int, str]) -> tuple[FailureGroup, ...]:
    """What failed alike, the most frequent first. ``logs`` has the telling line of each round's log."""
    found: dict[tuple[str, Outcome, int], FailureGroup] = {}
    for group in _groups(rounds, logs):
        key = (group.route.name, group.outcome, group.status)
        before = found.get(key)
        found[key] = group if before is None else _added(before, group)
    return tuple(sorted(found.values(), key=lambda one: -one.count))


def _groups(rounds: Mapping[int, tuple[RouteNumbers, ...]], logs: Mapping[int, str]) -> Iterator[FailureGroup]:
    for number, routes in rounds.items():
        for one in routes:
            for failed in one.failures:
                yield FailureGroup(
                    route=one.route,
                    outcome=failed.outcome,
                    status=failed.status,
                    count=failed.count,
                    body=failed.body,
                    log=logs.get(number, ""),
                )


def _added(before: FailureGroup, group: FailureGroup) -> FailureGroup:
    body = group.body if before.body is None else before.body
    return replace(before, count=before.count + group.count, body=body)
