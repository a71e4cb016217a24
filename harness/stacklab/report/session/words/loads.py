"""Loads, requests and notes of a scenario, in the words of a page."""

from collections.abc import Iterable, Iterator, Sequence

from stacklab.model.stack import Stack, Waits
from stacklab.model.traffic.contract import Contract
from stacklab.model.traffic.load import Arrivals, Closed, Load, LoadStep, Open, Overload
from stacklab.model.traffic.route import routes
from stacklab.model.traffic.scenario import Scenario
from stacklab.report.kit.numbers import listed, number

_ARRIVALS = {
    Arrivals.POISSON: "Poisson",
    Arrivals.CONSTANT: "evenly spaced",
    Arrivals.BURSTS: "in bursts of {burst}",
}


def load_in_words(load: Load) -> str:
    """``32 connections, closed loop`` or ``open loop, 50 requests a second, Poisson``."""
    return ", ".join([*(_closed(load) if isinstance(load, Closed) else _open(load)), *_steps(load.steps)])


def _closed(load: Closed) -> Iterator[str]:
    yield f"{_connections(load.connections)}, closed loop"
    if load.think_s:
        yield f"{number(load.think_s * 1000)} ms pause after each response"


def _open(load: Open) -> Iterator[str]:
    if load.requests_per_session > 1:
        yield f"partly open loop, {number(load.rate)} sessions of {load.requests_per_session} requests a second"
    else:
        yield f"open loop, {number(load.rate)} requests a second"
    yield _ARRIVALS[load.arrivals].format(burst=load.burst)
    yield f"at most {_connections(load.connections)}"
    if load.overload is Overload.DEADLINE:
        yield f"shed after {number(load.deadline_s)} s unsent"
    if load.overload is Overload.MAX_IN_FLIGHT:
        yield f"shed at {load.connections} in flight"


def _steps(steps: Sequence[LoadStep]) -> Iterator[str]:
    if steps:
        levels = (f"{step.at:.0%}" if step.to is None else f"{step.at:.0%} to {step.to:.0%}" for step in steps)
        yield f"in steps of {listed(list(levels))}"


def requests(scenario: Scenario, contract: Contract) -> tuple[str, ...]:
    """Method, path and query of each route: ``POST /order``; a message has none: ``WebSocket /echo``."""
    return tuple(f"{route.method} {route.path}" for route in routes(scenario, contract))


def unranked(scenario: Scenario) -> str:
    """Why nobody is ranked under the scenario, whatever is found; empty where somebody may be."""
    if not scenario.load.steps:
        return ""
    return "No stack is ranked: the load changes in steps, and no single number describes all of them."


def notes(scenario: Scenario, contract: Contract, stacks: Iterable[Stack]) -> Iterator[str]:
    """Notes for the reader of the scenario's numbers."""
    if isinstance(scenario.load, Closed):
        yield "A closed loop measures throughput; its latency follows from that (connections over throughput)."
    else:
        yield "Latency counts from the intended start of each request, whether or not it could be sent then."
    cooperative = any(contract.endpoints[call.endpoint].waits_cooperatively for call in scenario.calls)
    blocking = tuple(stack.name for stack in stacks if stack.waits is Waits.BLOCKING)
    if cooperative and blocking:
        have, block = ("has", "blocks") if len(blocking) == 1 else ("have", "block")
        yield f"{listed(blocking)} {have} no cooperative way to wait, and {block} instead."
    if scenario.backend_jobs:
        at_once = "1 request" if scenario.backend_jobs == 1 else f"{scenario.backend_jobs} requests"
        yield f"The delay service handles at most {at_once} at a time and queues the others."
    if not scenario.keep_alive:
        yield "Every request opens a new connection."


def _connections(count: int) -> str:
    return "1 connection" if count == 1 else f"{count} connections"
