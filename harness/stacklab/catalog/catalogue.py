"""All stacks and scenarios of a workspace, by name; an unknown name is answered with the nearest."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, TypeVar

from stacklab.catalog.loader import load
from stacklab.catalog.workspace import Workspace
from stacklab.errors import UsageError
from stacklab.model.stack import Absent, Stack, Unavailable
from stacklab.model.traffic.contract import Contract
from stacklab.model.traffic.scenario import CallSpec, Scenario

CONTRACT: Final = "contract.toml"
"""Among the claims: the endpoints that they bring along."""

Named = TypeVar("Named")


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
        return choose("stack", patterns, self.stacks)

    def choose_scenarios(self, patterns: Sequence[str]) -> tuple[Scenario, ...]:
        """The scenarios that match any of the names or globs; all of them for no pattern."""
        return choose("scenario", patterns, self.scenarios)


def read(workspace: Workspace) -> Catalogue:
    """Read every TOML of the workspace; raises ``UsageError`` for the first that is wrong."""
    contract = load(workspace.contract, Contract, named=False)
    return Catalogue(
        contract=contract,
        stacks=_stacks(workspace.stacks, contract, apps=workspace.apps),
        scenarios=_scenarios(workspace.scenarios, contract, users=workspace.users),
        unavailable=load(workspace.absent, Absent, named=False).unavailable if workspace.absent.is_file() else (),
    )


def with_those_of_claims(workspace: Workspace, catalogue: Catalogue) -> Catalogue:
    """The catalogue with what the claims bring along: endpoints, stacks and scenarios that nothing else measures."""
    path, contract = workspace.claims / CONTRACT, catalogue.contract
    if path.is_file():
        contract = replace(contract, endpoints={**contract.endpoints, **load(path, Contract, named=False).endpoints})
    scenarios = _scenarios(workspace.claims / "scenarios", contract, users=workspace.users)
    return replace(
        catalogue,
        contract=contract,
        stacks={**catalogue.stacks, **_stacks(workspace.claims / "stacks", contract, apps=workspace.apps)},
        scenarios={**catalogue.scenarios, **scenarios},
    )


def _stacks(folder: Path, contract: Contract, *, apps: Path) -> Mapping[str, Stack]:
    stacks = {path.stem: load(path, Stack) for path in sorted(folder.glob("*.toml"))}
    for stack in stacks.values():
        where = folder / f"{stack.name}.toml"
        _insist_known(where, stack, contract)
        if stack.app_folder and not (apps / stack.app_folder).is_dir():
            hint = nearest(stack.app_folder, (path.name for path in apps.glob("[!_]*/")))
            raise UsageError(f"{where}: `app`: there is no folder {apps / stack.app_folder}; {hint}")
    return stacks


def _scenarios(folder: Path, contract: Contract, *, users: Path) -> Mapping[str, Scenario]:
    scenarios = {path.stem: _with_bodies(path, load(path, Scenario)) for path in sorted(folder.glob("*.toml"))}
    for scenario in scenarios.values():
        where = folder / f"{scenario.name}.toml"
        for call in scenario.calls:
            if call.endpoint not in contract.endpoints:
                hint = nearest(call.endpoint, contract.endpoints)
                raise UsageError(f"{where}: `calls`: no endpoint {call.endpoint!r} in the contract; {hint}")
        asked = {(call.endpoint, call.query) for call in scenario.calls}
        sockets = [call for call in scenario.calls if contract.endpoints[call.endpoint].messages]
        if sockets and (len(asked) > 1 or any(call.vary for call in sockets)):
            raise UsageError(
                f"{where}: `calls`: connections to the WebSocket {sockets[0].endpoint!r} carry only its "
                "messages; give it a separate scenario, without `vary`"
            )
        if not (users / f"{scenario.user}.py").is_file():
            raise UsageError(f"{where}: `user`: there is no {users / scenario.user}.py")
    return scenarios


def _insist_known(path: Path, stack: Stack, contract: Contract) -> None:
    """Raise ``UsageError`` where a stack speaks of what the contract does not have."""
    for key, names, known, what in (
        ("serves", stack.serves, contract.parts, "part"),
        ("lacks", stack.lacks, contract.parts, "part"),
        ("differs", stack.differs, contract.summaries, "endpoint or probe"),
    ):
        for name in names:
            if name not in known:
                raise UsageError(f"{path}: `{key}`: no {what} {name!r} in the contract; {nearest(name, known)}")


def _with_bodies(path: Path, scenario: Scenario) -> Scenario:
    """The scenario with the bodies that lie in files beside it."""
    return replace(scenario, calls=tuple(_with_body(path, call) for call in scenario.calls))


def _with_body(path: Path, call: CallSpec) -> CallSpec:
    if call.body_file is None:
        return call
    file = path.parent / call.body_file
    try:
        return replace(call, body=file.read_text(encoding="utf-8"), body_file=None)
    except OSError as error:
        raise UsageError(f"{path}: `body_file`: {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: `body_file`: {file} cannot be read: {error}") from error


def choose(kind: str, patterns: Sequence[str], known: Mapping[str, Named]) -> tuple[Named, ...]:
    """Those that match any of the names or globs; all of them for no pattern."""
    chosen: dict[str, Named] = {}
    for pattern in patterns or ("*",):
        matches = {name: item for name, item in known.items() if fnmatchcase(name, pattern)}
        if not matches:
            raise UsageError(f"no {kind} matches {pattern!r}; {nearest(pattern, known)}")
        chosen |= matches
    return tuple(chosen.values())


def nearest(name: str, known: Iterable[str], *, none: str = "there are none in this workspace") -> str:
    """What may have been meant by a name that is not known, as the end of a sentence."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"there are {', '.join(known)}" if known else none
