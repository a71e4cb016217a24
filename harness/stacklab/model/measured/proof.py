"""A proof of a gate: what it said of a planted slowdown, and of the same code twice, on one machine."""

from dataclasses import dataclass
from typing import ClassVar, Final

from stacklab.model.measured.record import Host

FAILS: Final = "fails"
"""The answer by which a gate blocks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProofTrial:
    """One session of a proof."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    session: str
    slowed: str
    """The answer about the slowed code: ``fails`` is right."""
    again: str
    """The answer about the same code: ``fails`` is a false alarm."""
    ratios: tuple[float, ...]
    """Slowed over as it is, by condition."""
    ratios_again: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Proof:
    """All sessions of a proof."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    started_at: str
    host: Host
    app: str
    conditions: tuple[str, ...]
    slowdown: float
    """Processor time that was planted, as a share of what a request takes."""
    trials: tuple[ProofTrial, ...]

    @property
    def caught(self) -> int:
        """How many slowdowns failed the gate."""
        return sum(one.slowed == FAILS for one in self.trials)

    @property
    def quiet(self) -> int:
        """How often the same code did not fail it."""
        return sum(one.again != FAILS for one in self.trials)

    @property
    def holds(self) -> bool:
        """Whether the gate may block here: every slowdown caught, and no false alarm."""
        return bool(self.trials) and self.caught == self.quiet == len(self.trials)
