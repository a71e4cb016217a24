"""The differences between the variants of a stack: listed before any number, because numbers depend on them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stacklab.analysis.results import StackResult

ABSENT: Final = "none"
AS_IT_IS: Final = "as it is"


@dataclass(frozen=True, kw_only=True, slots=True)
class VariantDifference:
    """One thing that is not the same in all variants."""

    what: str
    asked: bool
    """Whether it was varied on purpose; otherwise it is a side effect."""
    values: tuple[str, ...]
    """In the order of the stacks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variants:
    """A stack in all the ways in which it was measured."""

    of: str
    stacks: tuple[str, ...]
    differences: tuple[VariantDifference, ...]

    @property
    def heads(self) -> tuple[str, ...]:
        """The part of each name that the variants do not share."""
        return tuple(name.removeprefix(self.of) or AS_IT_IS for name in self.stacks)


def variants(stacks: Iterable[StackResult]) -> Iterator[Variants]:
    """Each stack that was measured in more than one way."""
    kin: dict[str, list[StackResult]] = {}
    for one in stacks:
        kin.setdefault(one.variant.of if one.variant else one.stack.name, []).append(one)
    for of, members in kin.items():
        if len(members) > 1:
            yield Variants(
                of=of, stacks=tuple(one.stack.name for one in members), differences=tuple(_differences(members))
            )


def facts(one: StackResult) -> Mapping[str, str]:
    """Everything that ran: the interpreter, the settings, and every package."""
    gil = {} if one.gil is None else {"GIL": gil_in_words(one) or ""}
    asked = {} if one.variant is None else one.variant.settings
    return {"Python": one.python or "unavailable", **gil, **asked, **one.stack.values, **one.all_packages}


def gil_in_words(one: StackResult) -> str | None:
    """``on, because of greenlet._greenlet``; None where no worker could say."""
    if one.gil is None:
        return None
    if not one.gil.on:
        return "off"
    return f"on, because of {one.gil.turned_on_by}" if one.gil.turned_on_by else "on"


def _differences(members: Sequence[StackResult]) -> Iterator[VariantDifference]:
    """Requested differences first, then side effects. A variant that never ran has no versions to differ in."""
    asked = {name for one in members if one.variant for name in one.variant.varied}
    known = [facts(one) for one in members]
    ran = [its for one, its in zip(members, known, strict=True) if one.python is not None]
    found = []
    for what in dict.fromkeys(name for its in known for name in its):
        on_purpose = what in asked or (what == "Python" and "python" in asked)
        if on_purpose or len({its.get(what, ABSENT) for its in ran}) > 1:
            values = tuple(_value(one, its, what) for one, its in zip(members, known, strict=True))
            found.append(VariantDifference(what=what, asked=on_purpose, values=values))
    yield from sorted(found, key=lambda one: not one.asked)


def _value(one: StackResult, its: Mapping[str, str], what: str) -> str:
    return its.get(what, ABSENT if one.python is not None else "unavailable")
