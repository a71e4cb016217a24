"""Which of many changes makes a difference, where every question is a measurement.

Rule 1: delta debugging (Zeller 1999, "Yesterday, my program worked. Today, it does not. Why?"): a half of the changes
    that makes the difference alone is searched further; where neither half does, both are needed, and each is searched
    in the presence of the other. So one package is found, or several that interact.
Rule 2: changes make the difference if they make more than half of all changes together. A step is certain where the
    whole interval is on one side of that half; the other steps follow the value, and the confirmation judges them.
Rule 3: what cannot be measured, because it does not install or start, does not make the difference.
Rule 4: at the end the culprits are measured alone, and all other changes without them. What is left between these two
    and all changes together is an interaction, or too small to tell.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

EXPLAINED: Final = 0.5
"""Of the whole difference: changes that make more than this share of it make it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeEffect:
    """How much dearer a request is with some of the changes, as a logarithm, with its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def is_certain(self) -> bool:
        """Whether it is told from nothing."""
        return self.low > 0 or self.high < 0

    @property
    def ratio(self) -> float:
        """Times as much."""
        return math.exp(self.mean)

    @property
    def half(self) -> float:
        """Half of the interval."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, kw_only=True, slots=True)
class BisectionStep:
    """One question: do these changes make the difference?"""

    changes: tuple[str, ...]
    effect: ChangeEffect | None
    """None where they could not be measured."""
    makes_it: bool
    is_certain: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Bisection:
    """What was found."""

    whole: ChangeEffect
    culprits: tuple[str, ...]
    alone: ChangeEffect | None
    """Of the culprits, without any other change."""
    others: ChangeEffect | None
    """Of all other changes, without the culprits; None where there are none, or they could not be measured."""

    @property
    def is_confirmed(self) -> bool:
        """Whether the culprits alone make the difference, and the other changes do not."""
        alone, others = self.alone, self.others
        if alone is None or not alone.is_certain or not makes(alone, self.whole):
            return False
        return others is None or not makes(others, self.whole)

    @property
    def left(self) -> ChangeEffect | None:
        """What neither the culprits nor the others make by themselves: an interaction, if it is certain."""
        if self.alone is None or self.others is None:
            return None
        mean = self.whole.mean - self.alone.mean - self.others.mean
        half = math.hypot(self.whole.half, self.alone.half, self.others.half)
        return ChangeEffect(mean=mean, low=mean - half, high=mean + half)


Measure: TypeAlias = Callable[[frozenset[str]], ChangeEffect | None]
"""The effect of some of the changes on top of none; None where they cannot be measured."""


def bisect(
    changes: Sequence[str], whole: ChangeEffect, measure: Measure, *, on_step: Callable[[BisectionStep], None]
) -> Bisection:
    """The smallest changes that make the whole difference, as far as halving finds them; each set is measured once."""
    known: dict[frozenset[str], ChangeEffect | None] = {frozenset(changes): whole}

    def effect(some: frozenset[str]) -> ChangeEffect | None:
        if some not in known:
            known[some] = measure(some)
            on_step(_step(some, known[some], whole))
        return known[some]

    culprits = frozenset(_narrowed(tuple(changes), frozenset(), lambda some: makes(effect(some), whole)))
    others = frozenset(changes) - culprits
    return Bisection(
        whole=whole,
        culprits=tuple(one for one in changes if one in culprits),
        alone=effect(culprits),
        others=effect(others) if others else None,
    )


def first_that(versions: Sequence[str], makes_it: Callable[[str], bool | None]) -> tuple[str | None, str]:
    """The last version that does not make a difference, and the first that does, as the last of all is known to do.

    ``makes_it`` gives None for a version that cannot be measured. None instead of a version: the first of all does.
    """
    low, high = -1, len(versions) - 1
    untestable: set[int] = set()
    while open_places := [place for place in range(low + 1, high) if place not in untestable]:
        place = open_places[len(open_places) // 2]
        found = makes_it(versions[place])
        if found is None:
            untestable.add(place)
        elif found:
            high = place
        else:
            low = place
    return (versions[low] if low >= 0 else None), versions[high]


def _narrowed(some: tuple[str, ...], present: frozenset[str], make_it: Callable[[frozenset[str]], bool]) -> set[str]:
    """Zeller's dd+ without its last refinement: every change is tried with one half or the other."""
    if len(some) <= 1:
        return set(some)
    one, other = some[: len(some) // 2], some[len(some) // 2 :]
    if make_it(present.union(one)):
        return _narrowed(one, present, make_it)
    if make_it(present.union(other)):
        return _narrowed(other, present, make_it)
    return _narrowed(one, present.union(other), make_it) | _narrowed(other, present.union(one), make_it)


def makes(effect: ChangeEffect | None, whole: ChangeEffect) -> bool:
    """Whether this much makes the whole difference (rule 2), whichever way that goes."""
    return effect is not None and effect.mean / whole.mean > EXPLAINED


def _step(some: frozenset[str], effect: ChangeEffect | None, whole: ChangeEffect) -> BisectionStep:
    half = EXPLAINED * whole.mean
    certain = effect is not None and not effect.low <= half <= effect.high
    return BisectionStep(
        changes=tuple(sorted(some)), effect=effect, makes_it=makes(effect, whole), is_certain=certain or effect is None
    )
