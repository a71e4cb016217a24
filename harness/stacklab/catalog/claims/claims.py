"""Claims, and the numbers of their sources, from the files of a workspace."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from stacklab.catalog.catalogue import CONTRACT, Catalogue, choose
from stacklab.catalog.claims.programs import digest_of
from stacklab.catalog.loader import load
from stacklab.catalog.workspace import Workspace
from stacklab.errors import UsageError
from stacklab.model.claims.arm import Arm, ProgramArm
from stacklab.model.claims.claim import Claim, Entry, Original
from stacklab.model.claims.formula import evaluate
from stacklab.model.setting import with_value

Claims: TypeAlias = Mapping[str, Claim]


def read(workspace: Workspace, catalogue: Catalogue, *, digests: bool = True) -> Claims:
    """Read every claim of the workspace; raises ``UsageError`` for the first that is wrong.

    ``digests`` of their programs take most of the time, and only who runs them needs them.
    """
    paths = sorted(path for path in workspace.claims.glob("*.toml") if path.name != CONTRACT)
    return {path.stem: _read(path, workspace, catalogue, digests=digests) for path in paths}


def choose_claims(patterns: Sequence[str], known: Claims) -> tuple[Claim, ...]:
    """The claims that match any of the names or globs; all of them for no pattern."""
    return choose("claim", patterns, known)


def _read(path: Path, workspace: Workspace, catalogue: Catalogue, *, digests: bool) -> Claim:
    claim = load(path, Claim)
    arms: dict[str, Arm] = {}
    for name, arm in claim.arms.items():
        try:
            _insist_known(arm, workspace, catalogue)
            arms[name] = _checked(arm, workspace, digests=digests) if isinstance(arm, ProgramArm) else arm
        except ValueError as error:
            raise UsageError(f"{path}: `arms.{name}`: {error}") from error
    try:
        originals = tuple(replace(one, value=_value(one, workspace.originals)) for one in claim.originals)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: `originals`: {error}") from error
    return replace(claim, arms=arms, originals=originals)


def _insist_known(arm: Arm, workspace: Workspace, catalogue: Catalogue) -> None:
    """Raise ``ValueError`` where an arm names what there is not."""
    if isinstance(arm, ProgramArm):
        if not (workspace.programs / arm.program).is_file():
            raise ValueError(f"program: there is no {workspace.programs / arm.program}")
        return
    for key, wanted, known in (("stack", arm.stack, catalogue.stacks), ("scenario", arm.scenario, catalogue.scenarios)):
        if wanted not in known:
            raise ValueError(f"{key}: there is no {key} {wanted!r}; `stacklab list` shows them all")
    if arm.endpoint is not None and arm.endpoint not in catalogue.contract.endpoints:
        raise ValueError(f"endpoint: there is no {arm.endpoint!r} in the contract")
    settings = catalogue.stacks[arm.stack].settings
    for name, value in arm.settings.items():
        if name not in settings:
            raise ValueError(f"settings.{name}: {arm.stack} has {', '.join(settings) or 'none'}")
        with_value(settings[name], value)


def _checked(arm: ProgramArm, workspace: Workspace, *, digests: bool) -> ProgramArm:
    """The arm, with the digest of its program where that is wanted."""
    if arm.digest is not None:
        raise ValueError("remove the key `digest`: it is computed from the text of the program")
    if not digests:
        return arm
    return replace(arm, digest=digest_of(workspace.programs / arm.program))


def _value(original: Original, folder: Path) -> float:
    """Worked out from the table. Raises ``ValueError`` where the table has no such number."""
    if original.value is not None:
        raise ValueError("remove the key `value`: the number is read from the table")
    with (folder / original.table).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = {name: _number(entry, rows, original.table) for name, entry in original.entries.items()}
    (first, *_) = numbers.values()
    return first if original.formula is None else evaluate(original.formula, numbers)


def _number(entry: Entry, rows: Sequence[Mapping[str, str]], table: str) -> float:
    for column in (entry.column, *entry.where):
        if column not in rows[0]:
            raise ValueError(f"{table} has no column {column!r}; it has {', '.join(rows[0])}")
    found = [row[entry.column] for row in rows if all(row[key] == value for key, value in entry.where.items())]
    if len(found) != 1:
        raise ValueError(f"{table}: {len(found)} rows have {dict(entry.where)} instead of exactly one")
    words = found[0].split()
    item = 1 if entry.item is None else entry.item
    if not 1 <= item <= len(words) or (entry.item is None and len(words) > 1):
        raise ValueError(f"{table}: {found[0]!r} in {entry.column!r} has no item {entry.item}")
    return float(words[item - 1])
