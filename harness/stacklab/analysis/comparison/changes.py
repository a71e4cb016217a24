"""The changes between two sessions or two stacks: listed before any number, because each may be its cause."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

from stacklab.analysis.comparison.variants import gil_in_words
from stacklab.analysis.results import SessionResult, StackResult
from stacklab.model.measured.record import Host
from stacklab.model.setting import held
from stacklab.model.traffic.contract import Contract, target
from stacklab.model.traffic.scenario import Scenario

UNRECORDED: Final = "not recorded"
"""Shown for a fact that is newer than the session, or that could not be read."""

OF_THE_MACHINE: Final = ("processor", "machine", "cores", "memory_bytes", "virtual")
"""Facts that identify a machine; the other facts of a host can be changed."""

MEMORY_TOLERANCE: Final = 0.02
"""The kernel keeps a little more or less for itself after each boot."""

_NOT_CONFIGURATION: Final = frozenset({"name", "summary", "settings", "python"})
"""Fields that are left out: settings are listed one by one, and the interpreter is the one that ran."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One thing that is not the same on both sides."""

    what: str
    a: object
    """Its value there; None where there is none."""
    b: object


def machine_changes(a: Host, b: Host) -> tuple[Change, ...]:
    """The facts that show two machines; empty if they may be the same."""
    found = _of_fields("machine", a, b, names=OF_THE_MACHINE)
    near = abs(a.memory_bytes - b.memory_bytes) <= MEMORY_TOLERANCE * max(a.memory_bytes, b.memory_bytes)
    return tuple(change for change in found if not (near and change.what == "machine: memory_bytes"))


def session_changes(a: SessionResult, b: SessionResult) -> Iterator[Change]:
    """Changes of machine, system and measurement."""
    yield from machine_changes(a.host, b.host)
    yield from _of_fields("host", a.host, b.host, names=("system", "governor", "turbo", "clock_source"))
    yield from _of_items("setting", a.host.settings, b.host.settings, absent=UNRECORDED)
    one, other = (app and f"{app.app}: {app.kind}, {app.interface}" for app in (a.session.app, b.session.app))
    if one != other:
        yield Change(what="app", a=one, b=other)
    how = ("preset", "rounds", "warmup_s", "warmup_at_most_s", "measure_s", "stacklab_version")
    yield from _of_fields("measured", a.session, b.session, names=(*how, "server_cpus", "driver_cpus", "driver"))
    yield from _of_items("driver's", a.session.driver_versions, b.session.driver_versions)


def stack_changes(a: StackResult, b: StackResult) -> Iterator[Change]:
    """Configuration, interpreter, and every package of the environment."""
    names = [field.name for field in fields(a.stack) if field.name not in _NOT_CONFIGURATION]
    prefix = a.stack.name if a.stack.name == b.stack.name else "stack"
    yield from _of_fields(prefix, a.stack, b.stack, names=names)
    yield from _of_items(f"{prefix}: setting", _settings(a), _settings(b))
    yield from _of_fields(prefix, a, b, names=("python",))
    if (one := gil_in_words(a)) != (other := gil_in_words(b)):
        yield Change(what=f"{prefix}: GIL", a=one or UNRECORDED, b=other or UNRECORDED)
    if a.python is not None and b.python is not None:  # what never ran has no versions to differ in
        yield from _of_items(f"{prefix}: package", a.all_packages, b.all_packages)


def scenario_changes(a: tuple[Scenario, Contract], b: tuple[Scenario, Contract]) -> Iterator[Change]:
    """Changes of requests and load."""
    (one, contract_a), (other, contract_b) = a, b
    yield from _of_fields(one.name, one, other, names=("load", "keep_alive", "backend_jobs"))
    requests_a, requests_b = _requests(one, contract_a), _requests(other, contract_b)
    if requests_a != requests_b:
        yield Change(what=f"{one.name}: requests", a=requests_a, b=requests_b)


def _requests(scenario: Scenario, contract: Contract) -> tuple[str, ...]:
    """Method, path and query of each call."""
    endpoints = [contract.endpoints[call.endpoint] for call in scenario.calls]
    return tuple(
        f"{call.method or endpoint.method} {target(endpoint.path, call.query)}"
        for call, endpoint in zip(scenario.calls, endpoints, strict=True)
    )


def _settings(one: StackResult) -> dict[str, str]:
    return {name: held(setting) for name, setting in one.stack.settings.items()}


def _of_fields(prefix: str, a: object, b: object, *, names: Iterable[str]) -> Iterator[Change]:
    for name in names:
        one, other = getattr(a, name), getattr(b, name)
        if one != other:
            yield Change(what=f"{prefix}: {name}", a=one, b=other)


def _of_items(
    prefix: str, a: Mapping[str, str], b: Mapping[str, str], *, absent: str | None = None
) -> Iterator[Change]:
    for name in sorted(a.keys() | b.keys()):
        if a.get(name) != b.get(name):
            yield Change(what=f"{prefix} {name}", a=a.get(name, absent), b=b.get(name, absent))
