"""All stacks and scenarios of a workspace, by name; an unknown name is answered with the nearest."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

from stacklab.catalog.loader import load
from stacklab.catalog.workspace import Workspace
from stacklab.errors import UsageError
from stacklab.model.contract import Contract
from stacklab.model.scenario import Call, Scenario
from stacklab.model.stack import Absent, Stack, Unavailable

Named = TypeVar("Named", Stack, Scenario)


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalogue:
    """What there is to run."""

    contract: Contract
    stacks: Mapping[str, Stack]
    scenarios: Mapping[str, Scenario]
    unavailable: tuple[Unavailable, ...] = ()

    def choose_stacks(self, patterns: Sequence[str]) -> tuple[Stack, ...]:
        """The stacks that match any of the names or globs; all of them for no pattern."""
        for absent in self.unavailable:
            if absent.name in patterns:
                raise UsageError(f"{absent.name} is unavailable since {absent.since}: {absent.reason}")
        return _choose("stack", patterns, self.stacks)

    def choose_scenarios(self, patterns: Sequence[str]) -> tuple[Scenario, ...]:
        """The scenarios that match any of the names or globs; all of them for no pattern."""
        return _choose("scenario", patterns, self.scenarios)


def read(workspace: Workspace) -> Catalogue:
    """Read every TOML of the workspace; raises ``UsageError`` for the first that is wrong."""
    contract = load(workspace.contract, Contract, named=False)
    scenarios = {
        path.stem: _with_bodies(path, load(path, Scenario)) for path in sorted(workspace.scenarios.glob("*.toml"))
    }
    for scenario in scenarios.values():
        where = workspace.scenarios / f"{scenario.name}.toml"
        for call in scenario.calls:
            if call.endpoint not in contract.endpoints:
                hint = _nearest(call.endpoint, contract.endpoints)
                raise UsageError(f"{where}: `calls`: no endpoint {call.endpoint!r} in the contract; {hint}")
        if not (workspace.users / f"{scenario.user}.py").is_file():
            raise UsageError(f"{where}: `user`: there is no {workspace.users / scenario.user}.py")
    return Catalogue(
        contract=contract,
        stacks={path.stem: load(path, Stack) for path in sorted(workspace.stacks.glob("*.toml"))},
        scenarios=scenarios,
        unavailable=load(workspace.absent, Absent, named=False).unavailable if workspace.absent.is_file() else (),
    )


def _with_bodies(path: Path, scenario: Scenario) -> Scenario:
    """The scenario with the bodies that lie in files beside it."""
    return replace(scenario, calls=tuple(_with_body(path, call) for call in scenario.calls))


def _with_body(path: Path, call: Call) -> Call:
    if call.body_file is None:
        return call
    file = path.parent / call.body_file
    try:
        return replace(call, body=file.read_text(encoding="utf-8"), body_file=None)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: `body_file`: {file} cannot be read: {error}") from error


def _choose(kind: str, patterns: Sequence[str], known: Mapping[str, Named]) -> tuple[Named, ...]:
    chosen: dict[str, Named] = {}
    for pattern in patterns or ("*",):
        matches = {name: item for name, item in known.items() if fnmatchcase(name, pattern)}
        if not matches:
            raise UsageError(f"no {kind} matches {pattern!r}; {_nearest(pattern, known)}")
        chosen |= matches
    return tuple(chosen.values())


def _nearest(name: str, known: Iterable[str]) -> str:
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"there are {', '.join(known)}" if known else "there are none in this workspace"
