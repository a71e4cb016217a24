"""A claim: a published statement about Python web stacks as data, with everything that decides it fixed beforehand."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import ClassVar, Final, Literal

from stacklab.model.claims.arm import Arm
from stacklab.model.claims.decision import Contrast, Crossover, Decision, Quantity, arms_of, deciding, simple
from stacklab.model.measured.caveat import GROUPS, CaveatKind

NO_TWIN: Final = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where a claim was published."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    text: str
    """Author, title and date, as one cites it."""
    url: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One number of a table of original numbers."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    column: str
    where: Mapping[str, str]
    """Columns and what stands in them: exactly one row has to be like that."""
    item: int | None = None
    """Which of several numbers in it, parted by spaces; the first is 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Original:
    """A number of the source. It is never typed into a claim: it is read from a table in ``claims/originals``."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    what: str
    table: str
    """The file."""
    entries: Mapping[str, Entry]
    formula: str | None = None
    """Over the names of the entries; None where there is one entry."""
    unit: str = ""
    ours: Quantity | None = None
    """What stands beside it: the same, measured here."""
    value: float | None = None
    """Worked out when the claim is read; never in the file."""

    def __post_init__(self) -> None:
        """Refuse a number that cannot be worked out."""
        if len(self.entries) != 1 and self.formula is None:
            raise ValueError("formula: say how several entries become one number")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ablation:
    """A contrast that should be gone when one thing is taken away: what the effect comes from, if the claim is right.

    How much of the effect is gone is the share of the logarithm of its ratio.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    removes: str
    """What is taken away, in words."""
    effect: Contrast
    """With everything in place."""
    without: Contrast
    """The same with one thing taken away."""
    at_least: float = 0.5
    """It is supported where so much of the effect is gone, and the interval is above ``certain``."""
    certain: float = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnSpan:
    """Something that takes time, in a drawing."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    start: float
    end: float
    text: str = ""
    tone: Literal["work", "wait", "harm"] = "work"

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn."""
        if self.end < self.start:
            raise ValueError(f"end: {self.end} is before the start, {self.start}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A moment in a drawing."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    at: float
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Lane:
    """One row of a drawing: a process, a queue, a client."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    spans: tuple[DrawnSpan, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """How it comes about, as a timeline: lanes over a time that is made up and not measured."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    lanes: tuple[Lane, ...]
    caption: str
    unit: str = "s"


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimEffort:
    """How much a preset measures, where a claim says it for itself."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    rounds: int | None = None
    warmup_s: float | None = None
    """Of cells."""
    measure_s: float | None = None
    """Of cells."""

    def __post_init__(self) -> None:
        """Refuse what measures nothing."""
        if self.rounds is not None and self.rounds < 1:
            raise ValueError(f"rounds: {self.rounds} is below 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One claim, as its TOML says."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    name: str
    title: str
    """A few words, for lists and headings."""
    statement: str
    """What is claimed, in one sentence of ours."""
    source: Source
    mechanism: str
    """How it is said to come about."""
    arms: Mapping[str, Arm]
    decision: Decision
    today: str = ""
    """What current versions change."""
    drawing: Drawing | None = None
    originals: tuple[Original, ...] = ()
    ablations: tuple[Ablation, ...] = ()
    flips: Crossover | None = None
    """Where it stops to hold; shown beside the verdict, and no part of it."""
    twin: str | None = None
    """The arm that is measured twice: how far the two are apart is the noise floor of every contrast. By default the
    baseline of the first contrast that decides; ``none``: no arm is."""
    turns: bool = False
    """Whether the arms that share a scenario are up at once and take turns, as stacks do: contrasts of throughput,
    processor time and P50 are then those within the sweeps. Not for what builds up over a run."""
    cores: int = 1
    """Fewer, and it cannot be tested."""
    tolerates: tuple[str, ...] = ()
    """Kinds of caveats, or groups of them, that do not keep a cell from deciding: they are what is studied, or take
    nothing from it. A claim that tolerates what disturbs a run has no run repeated because of it."""
    efforts: Mapping[str, ClaimEffort] = field(default_factory=dict)
    """By the names of presets."""

    def __post_init__(self) -> None:
        """Refuse decisions about arms, and tolerance of caveats, that do not exist."""
        known = {*map(str, CaveatKind), *GROUPS}
        for name in self.tolerates:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                raise ValueError(
                    f"tolerates: there is no caveat {name!r}{f'; did you mean {near[0]!r}?' if near else ''}"
                )
        for where, named in self._named():
            for arm in named:
                if arm not in self.arms:
                    raise ValueError(f"{where}: there is no arm {arm!r}; there are {', '.join(self.arms)}")

    def _named(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Every place that names arms, and the arms."""
        return (
            *(("decision", arms_of(decision)) for decision in simple(self.decision)),
            *(("ablations", arms_of(one.effect) + arms_of(one.without)) for one in self.ablations),
            *(("flips", arms_of(flips)) for flips in (self.flips,) if flips is not None),
            *(("twin", (twin,)) for twin in (self.twin,) if twin not in {None, NO_TWIN}),
            *(
                ("originals", (ours.arm,) if ours.over is None else (ours.arm, ours.over))
                for original in self.originals
                if (ours := original.ours) is not None
            ),
        )

    @property
    def tolerated(self) -> frozenset[CaveatKind]:
        """The kinds that ``tolerates`` names, one by one or in groups."""
        groups = [GROUPS[name] for name in self.tolerates if name in GROUPS]
        return frozenset(CaveatKind(name) for name in self.tolerates if name not in GROUPS).union(*groups)

    def tolerates_all(self, kinds: Collection[CaveatKind]) -> bool:
        """Whether none of these kinds of caveat keeps a cell from deciding."""
        return set(kinds) <= self.tolerated

    @property
    def measured_twice(self) -> str | None:
        """The arm that is."""
        if self.twin is not None:
            return None if self.twin == NO_TWIN else self.twin
        return next((one.baseline for one in deciding(self.decision) if isinstance(one, Contrast)), None)
