"""Sweeps: each scenario once for every combination of what is to be varied of its load and of its requests.

A name is ``SCENARIO,parameter=value``, with those parameters only that the scenario has.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final

from stacklab.errors import UsageError
from stacklab.model.names import fault_of_name
from stacklab.model.plan import Maximum, Swept
from stacklab.model.traffic.load import Load, Open
from stacklab.model.traffic.scenario import Scenario

CONNECTIONS: Final = "connections"
RATE: Final = "rate"

_SHARE: Final = "%"
_SENSIBLE: Final = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """The scenarios that are measured instead of those that were chosen."""

    scenarios: tuple[Scenario, ...]
    swept: Mapping[str, Swept] = field(default_factory=dict)
    """By name: those that were made of others."""
    maxima: Mapping[str, Maximum] = field(default_factory=dict)


def parameters(scenario: Scenario) -> frozenset[str]:
    """What can be varied of a scenario: numbers of its load, and the parameters that its queries name."""
    of_load = {CONNECTIONS, RATE} if isinstance(scenario.load, Open) else {CONNECTIONS}
    return frozenset(of_load.union(*(call.parameters for call in scenario.calls)))


def scenarios_by_share(scenarios: Iterable[Scenario], values: Mapping[str, tuple[str, ...]]) -> tuple[Scenario, ...]:
    """The scenarios with a rate that is asked for as a share, ``70%``, of what the stacks serve at most."""
    if not any(value.endswith(_SHARE) for value in values.get(RATE, ())):
        return ()
    return tuple(scenario for scenario in scenarios if RATE in parameters(scenario))


def common_maximum(served_rps: Mapping[str, float]) -> Maximum | None:
    """The smallest maximum of all stacks that is still sensible; None if no stack served anything.

    A stack that serves less than a tenth of the best would hold the load of all others down; it is overloaded instead.
    """
    known = {stack: rps for stack, rps in served_rps.items() if rps > 0}
    if not known:
        return None
    best = max(known.values())
    stack, rps = min(((stack, rps) for stack, rps in known.items() if rps >= best * _SENSIBLE), key=lambda one: one[1])
    return Maximum(stack=stack, rps=rps)


def sweep(
    scenarios: Sequence[Scenario],
    values: Mapping[str, tuple[str, ...]],
    maxima: Mapping[str, Maximum] | None = None,
) -> Sweep:
    """Every scenario at every point; one that has none of the parameters stays as it is.

    ``maxima``: what rates are shares of, by the name of the scenario.

    Raises UsageError for a value that a scenario cannot have, and for one that is named twice.
    """
    maxima = maxima or {}
    made: dict[str, Scenario] = {}
    swept: dict[str, Swept] = {}
    for scenario in scenarios:
        known = parameters(scenario)
        own = [[(name, value) for value in chosen] for name, chosen in values.items() if name in known]
        for chosen in product(*own):
            one = _at(scenario, dict(chosen), maxima.get(scenario.name))
            if one.name in made:
                raise UsageError(f"--vary: {one.name} would be measured twice: a value is named twice")
            made[one.name] = one
            if chosen:
                swept[one.name] = Swept(of=scenario.name, at=dict(chosen))
    return Sweep(scenarios=tuple(made.values()), swept=swept, maxima=maxima)


def _at(scenario: Scenario, at: Mapping[str, str], maximum: Maximum | None) -> Scenario:
    try:
        load = _load(scenario.load, at, maximum)
    except ValueError as error:
        raise UsageError(f"--vary: {scenario.name}: {error}") from error
    name = "".join([scenario.name, *(f",{name}={value}" for name, value in at.items())])
    fault = fault_of_name(name)
    if fault is not None:
        raise UsageError(f"--vary: {name} cannot be measured: as a name of results, {fault}")
    return replace(
        scenario,
        name=name,
        load=load,
        calls=tuple(
            call.asking({name: value for name, value in at.items() if name in call.parameters})
            for call in scenario.calls
        ),
    )


def _load(load: Load, at: Mapping[str, str], maximum: Maximum | None) -> Load:
    """The load with its own numbers changed. Raises ValueError for what is none, or sends nothing."""
    if CONNECTIONS in at:
        if not at[CONNECTIONS].isdecimal():
            raise ValueError(f"{CONNECTIONS}: {at[CONNECTIONS]!r} is not a whole number")
        load = replace(load, connections=int(at[CONNECTIONS]))
    if RATE in at and isinstance(load, Open):
        load = replace(load, rate=_rate(at[RATE], maximum))
    return load


def _rate(value: str, maximum: Maximum | None) -> float:
    """Requests per second; a share of the maximum, to two digits. Raises ValueError for what is neither."""
    try:
        number = float(value.removesuffix(_SHARE))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{RATE}: {value!r} is not a number of requests per second, nor a share such as 70%")
    if not value.endswith(_SHARE):
        return number
    if maximum is None:
        raise ValueError(f"{RATE}: {value} is a share of what the stacks serve at most, and none served anything")
    return float(f"{maximum.rps * number / 100:.2g}")
