"""Counted instructions: what a stack executed in batches of requests, under one scenario, one boot for each hash seed.

Only what was counted is recorded; what a request takes is derived in ``analysis.instructions``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from stacklab.units import Seconds


class CountSource(StrEnum):
    """What counts. Numbers of different sources are never compared."""

    CALLGRIND = "callgrind"
    """valgrind's callgrind, which interprets the program: every instruction that it executes in user mode."""
    CPU = "cpu"
    """The counter of the processor, of instructions in user mode."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CountEffort:
    """How much is counted."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    hash_seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    """One boot for each, with this value of PYTHONHASHSEED: the same for every stack."""
    requests: int = 100
    """Of a batch."""
    warmup: int = 300
    """Requests before the first batch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NativeFunction:
    """A function of the interpreter or of a library, in machine code."""

    name: str
    object: str
    """The file that holds it, without its folder."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedStretch:
    """Some time in which a server got requests one after the other, or none."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    requests: int
    instructions: int
    took_s: Seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionCount:
    """What one native function executed in all batches of all boots."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    name: str
    object: str
    instructions: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SeedCount:
    """What was counted in one boot."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    hash_seed: int
    boot_s: Seconds
    idle: CountedStretch
    """Without a request: what timers and other background work execute."""
    batches: tuple[CountedStretch, ...]
    """Three of N requests; where no two of them agreed, three of twice as many, and so on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """One stack counted under one scenario; why it could not be done is a result, too."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    stack: str
    scenario: str
    started_at: str
    """UTC, ISO 8601, whole seconds."""
    source: CountSource
    effort: CountEffort
    tool: str = ""
    """``valgrind-3.19.0``; empty where the processor counts."""
    python: str = ""
    """``CPython 3.13.0``."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Every distribution of the stack's environment and its version."""
    fixed_addresses: bool = True
    """Whether address space layout randomisation was off, as it is where this process may turn it off."""
    seeds: tuple[SeedCount, ...] = ()
    functions: tuple[FunctionCount, ...] = ()
    """Those that executed most, most first."""
    objects: Mapping[str, int] = field(default_factory=dict)
    """Instructions by the file that holds them, most first."""
    failed: str | None = None
    """Why there is no number, as a sentence."""

    @property
    def folder(self) -> str:
        """Where the count lies within its session."""
        return f"{self.stack}/{self.scenario}/count"
