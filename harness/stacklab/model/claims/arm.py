"""An arm of a claim: what is measured once in every round, a program or a stack under a scenario, described as data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import ClassVar, TypeAlias

Level: TypeAlias = int | float | str
"""A value of something that is varied."""

Levels: TypeAlias = Mapping[str, Level]
"""Where in a grid something was measured: ``{"n": 200, "d_ms": 10}``."""

Chosen: TypeAlias = Mapping[str, Level | tuple[Level, ...]]
"""Which part of a grid is meant: each name with the level, or with the levels, that it may have."""

STACK_LEVELS = frozenset({"workers", "threads"})
SCENARIO_LEVELS = frozenset({"burst", "connections", "rate"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgramArm:
    """A program in ``scenarios/claims/programs``. It prints what it measured, one JSON object a line.

    Run as ``python PROGRAM --seed S --param name=value …``, a fresh process every round, in an environment of its own.
    Exit code 3 and a sentence mean that it cannot run on this machine; any other but 0 is a failed run.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    program: str
    """The name of the file."""
    seconds: float
    """How long one run takes, about: for the estimate of time."""
    params: Mapping[str, Level | tuple[Level, ...]] = field(default_factory=dict)
    """A list is given as its values, parted by commas."""
    requirements: tuple[str, ...] = ()
    """What its environment holds, as pip would read it."""
    python: str | None = None
    """A version, ``3.13``: such an interpreter has to be on PATH. None: the one that runs stacklab."""
    limit_s: float | None = None
    """When it is ended as failed; by default after ten times ``seconds`` and 30 s more."""
    digest: str | None = None
    """SHA-256 of its text and of what it imports beside it. Worked out when the claim is read; never in the file."""

    def __post_init__(self) -> None:
        """Refuse what could not be run."""
        if "/" in self.program or not self.program.endswith(".py"):
            raise ValueError(f"program: {self.program!r} is not the name of a file in scenarios/claims/programs")
        if not self.seconds > 0:
            raise ValueError(f"seconds: {self.seconds} is not a positive duration")

    @property
    def deadline_s(self) -> float:
        """When it is ended as failed."""
        return 10 * self.seconds + 30 if self.limit_s is None else self.limit_s

    def arguments(self, seed: int) -> tuple[str, ...]:
        """What stands behind the name of the program."""
        words = ["--seed", str(seed)]
        for name, value in self.params.items():
            words += ["--param", f"{name}={','.join(map(str, value)) if isinstance(value, tuple) else value}"]
        return tuple(words)


@dataclass(frozen=True, kw_only=True, slots=True)
class CellArm:
    """A stack of the catalogue under a scenario of the catalogue, with what is changed of either.

    ``levels`` makes a grid: the arm is measured at every combination. A level is ``workers`` or ``threads`` of the
    stack, ``connections``, ``rate`` or ``burst`` of the load, or else a parameter of the query of every call.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    stack: str
    scenario: str
    workers: int | None = None
    threads: int | None = None
    loop: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings that the stack has, each with the value that holds here."""
    env: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    """Words added to the end of the command line."""
    requirements: tuple[str, ...] = ()
    """Added to those of the stack."""
    endpoint: str | None = None
    """Asked instead of that of the scenario's first call."""
    connections: int | None = None
    rate: float | None = None
    burst: int | None = None
    keep_alive: bool | None = None
    query: Mapping[str, Level] = field(default_factory=dict)
    """Parameters of the query of every call, changed or added."""
    warmup_s: float | None = None
    measure_s: float | None = None
    levels: Mapping[str, tuple[Level, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse grids without points."""
        for name, levels in self.levels.items():
            if not levels:
                raise ValueError(f"levels.{name}: there is no level")

    @property
    def grid(self) -> Iterator[Levels]:
        """Every combination of levels; one without any for an arm that has none."""
        for values in product(*self.levels.values()):
            yield dict(zip(self.levels, values, strict=True))


Arm: TypeAlias = ProgramArm | CellArm


def chosen(at: Levels, wanted: Chosen) -> bool:
    """Whether a grid point is among those that are meant. What is not named may be anything."""
    return all(
        name in at and (at[name] in value if isinstance(value, tuple) else at[name] == value)
        for name, value in wanted.items()
    )
