"""Routes: the calls of a scenario as a reader groups them, with the share of the traffic that each was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from stacklab.model.measured.record import Completed
from stacklab.model.plan import Plan
from stacklab.model.traffic.contract import Contract, Endpoint, target
from stacklab.model.traffic.scenario import CallSpec, Scenario

MESSAGE: Final = "WebSocket"
"""Stands for the method of a message, which has none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Calls of one endpoint, or of endpoints that share a template such as ``/items/{id}``."""

    name: str
    """Unique within its scenario."""
    method: str
    """Methods that alternate are joined: ``GET, HEAD``."""
    path: str
    """A template where there is one; with its query where all calls have the same."""
    weight: int | None
    """How often it is called, relative to the other routes; None where a plain locustfile decides that."""
    endpoints: tuple[str, ...]
    """What the column ``endpoint`` of its rows names."""

    @property
    def title(self) -> str:
        """``GET /items/{id}``; with its name in front where that says more."""
        title = f"{self.method} {self.path}".strip()
        return title if self.name in {title, self.path} else f"{self.name}: {title}"


def routes(scenario: Scenario, contract: Contract) -> tuple[Route, ...]:
    """The routes of a scenario, in the order of their first calls."""
    groups: dict[str, list[CallSpec]] = {}
    for call in scenario.calls:
        groups.setdefault(_name(call, contract.endpoints[call.endpoint]), []).append(call)
    return tuple(_route(name, calls, contract) for name, calls in groups.items())


def endpoint_names(run: Completed, plan: Plan) -> tuple[str, ...]:
    """What the column ``endpoint`` of the run's rows may name."""
    calls = plan.scenario(run.cell.scenario).calls
    return run.driver.endpoints or tuple(dict.fromkeys(call.endpoint for call in calls))


def routes_of(run: Completed, plan: Plan) -> tuple[Route, ...]:
    """The routes of a run: those of its scenario, or the names that a plain locustfile has."""
    if not run.driver.endpoints:
        return routes(plan.scenario(run.cell.scenario), plan.contract)
    return tuple(
        Route(name=name, method="", path=name, weight=None, endpoints=(name,)) for name in run.driver.endpoints
    )


def method_of(call: CallSpec, endpoint: Endpoint) -> str:
    """The method of a call."""
    return MESSAGE if endpoint.messages else call.method or endpoint.method


def _name(call: CallSpec, endpoint: Endpoint) -> str:
    return call.endpoint if endpoint.template is None else f"{method_of(call, endpoint)} {endpoint.template}"


def _route(name: str, calls: Sequence[CallSpec], contract: Contract) -> Route:
    pairs = [(call, contract.endpoints[call.endpoint]) for call in calls]
    targets = {target(endpoint.path, call.query) for call, endpoint in pairs}
    first = pairs[0][1]
    return Route(
        name=name,
        method=", ".join(dict.fromkeys(method_of(call, endpoint) for call, endpoint in pairs)),
        path=first.template or (targets.pop() if len(targets) == 1 else first.path),
        weight=sum(call.weight for call in calls),
        endpoints=tuple(dict.fromkeys(call.endpoint for call in calls)),
    )
