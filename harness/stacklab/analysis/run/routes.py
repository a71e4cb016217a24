"""The routes of one run: the numbers of each, and how its requests failed.

Where stacks took turns, these are the rows of the slices that count, as for every other number of the run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stacklab.analysis.run.columns import Window
from stacklab.analysis.run.part import PartNumbers, part
from stacklab.columns import Columns, Mask
from stacklab.model.measured.record import FailedResponse, Outcome, Phase
from stacklab.model.traffic.route import Route


@dataclass(frozen=True, kw_only=True, slots=True)
class FailureNumbers:
    """Requests of one route that failed alike, in the measured window of one run."""

    outcome: Outcome
    status: int
    """Of the response; 0 where there was none."""
    count: int
    body: str | None
    """The first such body of the run, as far as it was kept; None where there was none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteNumbers:
    """One route of one run."""

    route: Route
    numbers: PartNumbers
    failures: tuple[FailureNumbers, ...]
    """The most frequent first."""


def by_route(
    requests: Columns,
    window: Window,
    wanted: Sequence[Route],
    *,
    endpoints: Sequence[str],
    kept: Sequence[FailedResponse],
    is_open: bool,
) -> tuple[RouteNumbers, ...]:
    """The numbers of each route in turn.

    ``endpoints`` are the names that the column ``endpoint`` counts, ``kept`` the first failed responses of the run.
    """
    found = []
    for route in wanted:
        own = np.isin(requests["endpoint"], [code for code, name in enumerate(endpoints) if name in route.endpoints])
        found.append(
            RouteNumbers(
                route=route,
                numbers=part(requests, own, window, is_open=is_open),
                failures=_failures(requests, own, [one for one in kept if one.endpoint in route.endpoints]),
            )
        )
    return tuple(found)


def _failures(requests: Columns, own: Mask, kept: Sequence[FailedResponse]) -> tuple[FailureNumbers, ...]:
    failed = own & (requests["phase"] == Phase.MEASURE) & (requests["outcome"] != Outcome.OK)
    kinds, counts = np.unique(
        np.stack((requests["outcome"][failed], requests["status"][failed])), axis=1, return_counts=True
    )
    bodies = {(one.outcome, one.status): one.body for one in reversed(kept)}
    alike = [
        FailureNumbers(
            outcome=Outcome(int(outcome)),
            status=int(status),
            count=int(count),
            body=bodies.get((Outcome(int(outcome)), int(status))),
        )
        for outcome, status, count in zip(*kinds, counts, strict=True)
    ]
    return tuple(sorted(alike, key=lambda one: -one.count))
