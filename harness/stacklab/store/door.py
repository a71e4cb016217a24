"""The door: what the files of a session may be and hold. People mail sessions, so each is checked as it is read.

A file is a regular file inside its session, and not too large. Its JSON is not too deep, its numbers are finite, its
texts can be shown. Names are names of folders, and whatever one record names in another one exists there.
"""

import math
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json

from stacklab.adapters import adapter_of
from stacklab.errors import UsageError
from stacklab.model.names import fault_of_name, shown
from stacklab.model.plan import MOST_ROUNDS, Cell, Plan, PlannedRun, ProgramRun
from stacklab.model.traffic.scenario import Scenario
from stacklab.units import BYTES_PER_MIB

MOST_BYTES: Final = 64 * BYTES_PER_MIB
"""Of a record: a plan of 46 stacks, 6 scenarios and 99 rounds has 4 MiB."""

MOST_BYTES_OF_SAMPLES: Final = 256 * BYTES_PER_MIB
"""Of the samples of a profile."""

MOST_BYTES_OF_ROWS: Final = 4096 * BYTES_PER_MIB

MOST_ROWS: Final = 50_000_000
"""Of one run: an hour at 14,000 requests a second."""

_EXACT: Final = frozenset({"answer", "answers", "body", "messages", "pattern", "piece_end"})
"""Keys of what is sent and compared byte for byte, and never shown."""

_REQUESTS: Final = frozenset({"contract", "scenarios"})
"""Keys of a plan below which those are."""

_LARGEST_INTEGER: Final = 2**63
_LARGEST_NUMBER: Final = 1e18


@dataclass(frozen=True, slots=True)
class _Frame:
    name: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class _Shared:
    frames: list[_Frame]


@dataclass(frozen=True, slots=True)
class _Sampled:
    samples: list[list[int]]
    weights: list[float]


@dataclass(frozen=True, slots=True)
class Speedscope:
    """The parts of a speedscope document that are read: https://www.speedscope.app/file-format-schema.json."""

    shared: _Shared
    profiles: list[_Sampled]


def inside(session: Path, path: Path) -> Path:
    """The path of a file or folder of the session. Raises ``UsageError`` where a link leads out of it."""
    if not path.resolve().is_relative_to(session.resolve()):
        raise UsageError(
            f"{shown(str(path))}: it leads out of its session, to another place of this machine; remove it"
        )
    return path


def insist_on_file(path: Path, *, most_bytes: int = MOST_BYTES) -> None:
    """Raise ``UsageError`` for a pipe, a device, or more bytes than such a file may have; ``OSError`` for no file."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise UsageError(f"{path}: not a regular file")
    if found.st_size > most_bytes:
        raise UsageError(
            f"{path}: it has {found.st_size / BYTES_PER_MIB:.0f} MiB, and {most_bytes // BYTES_PER_MIB} MiB are the "
            "most that such a file may have"
        )


def parse(text: bytes) -> Any:
    """JSON of at most 200 levels, with finite numbers and texts that can be shown. Raises ``ValueError``."""
    return _checked(from_json(text, allow_inf_nan=False))


def _checked(value: Any, *, of_plan: bool = False) -> Any:
    """The same value, with what may not be shown taken out of its texts. The parser has limited the depth."""
    match value:
        case str():
            return shown(value)
        case dict():
            return {
                shown(key): one if of_plan and key in _EXACT else _checked(one, of_plan=of_plan or key in _REQUESTS)
                for key, one in value.items()
            }
        case list():
            return [_checked(one, of_plan=of_plan) for one in value]
        case int() if abs(value) >= _LARGEST_INTEGER:
            raise ValueError(f"a number of {len(hex(value)) - 2} hexadecimal digits is too large")
        case float() if not (math.isfinite(value) and abs(value) <= _LARGEST_NUMBER):
            raise ValueError(f"the number {value} is too large")
        case _:
            return value


def insist_on_plan(path: Path, plan: Plan) -> None:
    """Raise ``UsageError`` for a plan whose names lead elsewhere, or whose parts do not fit together."""
    fault = next(chain(_faulty_names(plan), _unknown_names(plan), _impossible(plan)), None)
    if fault is not None:
        raise UsageError(f"{path}: {fault}; was the file edited?")


def insist_on_names(plan: Plan) -> None:
    """Raise ``UsageError`` for a new plan that could not be read again, because a name in it is no name of a folder."""
    fault = next(_faulty_names(plan), None)
    if fault is not None:
        raise UsageError(f"{fault}; vary less at once, or give it a shorter name")


def insist_on_place(path: Path, place: object, of_record: object) -> None:
    """Raise ``UsageError`` for a record that says that it belongs elsewhere in the session."""
    if place != of_record:
        raise UsageError(f"{path}: it is the record of another place of the session; was the folder moved?")


def insist_on_rounds(path: Path, rounds: int) -> None:
    """Raise ``UsageError`` for more rounds than a session can have."""
    if not 0 <= rounds <= MOST_ROUNDS:
        raise UsageError(f"{path}: `rounds`: {rounds} is not between 0 and {MOST_ROUNDS}; was the file edited?")


def insist_on_samples(path: Path, document: Any) -> None:
    """Raise ``UsageError`` for what is no speedscope document of sampled stacks."""
    try:
        samples: Speedscope = adapter_of(Speedscope).validate_python(document)
    except ValidationError as error:
        raise UsageError(
            f"{path}: not a speedscope document of sampled stacks; record it again with `stacklab profile`"
        ) from error
    frames = len(samples.shared.frames)
    if any(not 0 <= index < frames for one in samples.profiles for stack in one.samples for index in stack):
        raise UsageError(f"{path}: a sample has a frame that is not described; was the file edited?")


def _faulty_names(plan: Plan) -> Iterator[str]:
    names = chain(
        (stack.name for stack in plan.stacks),
        (scenario.name for scenario in plan.scenarios),
        (claim.name for claim in plan.claims),
        *(claim.arms for claim in plan.claims),
        *(_names(cell) for cell in plan.cells),
    )
    for name in dict.fromkeys(names):
        why = fault_of_name(name)
        if why is not None:
            yield f"the name {shown(name)[:60]!r} cannot be used: {why}"


def _unknown_names(plan: Plan) -> Iterator[str]:
    stacks, scenarios = {stack.name for stack in plan.stacks}, {scenario.name for scenario in plan.scenarios}
    arms = {claim.name: frozenset(claim.arms) for claim in plan.claims}
    if len(stacks) < len(plan.stacks) or len(scenarios) < len(plan.scenarios) or len(arms) < len(plan.claims):
        yield "two stacks, scenarios or claims have the same name"
    for scenario in plan.scenarios:
        yield from _unknown_endpoints(scenario, plan)
    twin = () if plan.twin is None else (plan.twin,)
    made = [*(("stack", name) for name in (*plan.variants, *twin)), *(("scenario", name) for name in plan.swept)]
    for kind, name in dict.fromkeys(made):
        if name not in (stacks if kind == "stack" else scenarios):
            yield f"it names the {kind} {name!r}, which it does not describe"
    for cell in plan.cells:
        if cell.claim is not None and cell.claim not in arms:
            yield f"it names the claim {cell.claim!r}, which it does not describe"
        elif isinstance(cell, Cell) and not (cell.stack in stacks and cell.scenario in scenarios):
            yield f"it names {cell.stack!r} under {cell.scenario!r}, one of which it does not describe"
        elif isinstance(cell, ProgramRun) and cell.arm not in arms[cell.claim]:
            yield f"it names the arm {cell.arm!r} of {cell.claim}, which it does not describe"


def _unknown_endpoints(scenario: Scenario, plan: Plan) -> Iterator[str]:
    for call in scenario.calls:
        if call.endpoint not in plan.contract.endpoints:
            yield f"{scenario.name} requests {call.endpoint!r}, which the contract does not describe"


def _impossible(plan: Plan) -> Iterator[str]:
    if not 0 <= plan.rounds <= MOST_ROUNDS:
        yield f"`rounds`: {plan.rounds} is not between 0 and {MOST_ROUNDS}"
    if not plan.measure_s > 0 or plan.warmup_s < 0:
        yield "`measure_s` is not above zero, or `warmup_s` is negative"
    if not 0 <= plan.margin < 1:
        yield f"`margin`: {plan.margin} is not a share of one"
    if len(set(plan.cells)) < len(plan.cells):
        yield "`cells`: one of them stands there twice"
    for cell in plan.cells:
        if not 1 <= cell.round <= MOST_ROUNDS:
            yield f"`cells`: round {cell.round} is not between 1 and {MOST_ROUNDS}"


def _names(cell: PlannedRun) -> tuple[str, ...]:
    return (cell.stack, cell.scenario) if isinstance(cell, Cell) else (cell.claim, cell.arm)
