"""An upgrade in words: what differs, and the steps and the result of a bisection."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from stacklab.analysis.bisection import Bisection, BisectionStep, ChangeEffect
from stacklab.report.kit.numbers import listed

MOST_NAMED: Final = 6
"""Packages of a step that are named; of more, the number is said."""


def effect(found: ChangeEffect | None) -> str:
    """``1.051 times (1.047 to 1.055)``."""
    if found is None:
        return "cannot be measured"
    low, high = (ChangeEffect(mean=end, low=end, high=end).ratio for end in (found.low, found.high))
    return f"{found.ratio:.3f} times ({low:.3f} to {high:.3f})"


def differs(changes: Sequence[str], in_words: Callable[[str], str]) -> Iterator[str]:
    """What differs between the two sides, a line each."""
    yield f"{len(changes)} package{'' if len(changes) == 1 else 's'} differ{'s' if len(changes) == 1 else ''}:"
    yield from (f"  {in_words(name)}" for name in changes)


def nothing_to_find(whole: ChangeEffect | None, *, by_instructions: bool) -> str:
    """Why there is nothing to bisect."""
    what = _what(by_instructions=by_instructions)
    if whole is None:
        return f"Nothing to bisect: {what} cannot be measured on both sides."
    return f"Nothing to bisect: {what} on the new side is {effect(whole)}, which is not told from the same."


def to_find(whole: ChangeEffect, changes: int, *, by_instructions: bool) -> str:
    """What is looked for."""
    what = _what(by_instructions=by_instructions)
    return f"Bisecting {changes} packages by {what}: {effect(whole)} with all of them."


def step(one: BisectionStep, number: int) -> str:
    """One step and its verdict."""
    named = listed(list(one.changes)) if len(one.changes) <= MOST_NAMED else f"{len(one.changes)} packages"
    if one.effect is None:
        return f"  step {number}: {named}: cannot be measured"
    answer = "made by them" if one.makes_it else "not made by them"
    doubt = "" if one.is_certain else ", as far as it can be told"
    return f"  step {number}: {named}: {effect(one.effect)}; {answer}{doubt}"


def bisected(found: Bisection, in_words: Callable[[str], str], *, of: int) -> Iterator[str]:
    """The result and its confirmation."""
    culprits = listed([in_words(name) for name in found.culprits])
    if not found.is_confirmed:
        yield f"Not confirmed: {culprits} alone is {effect(found.alone)} of {effect(found.whole)}."
    else:
        together = ", together" if len(found.culprits) > 1 else ""
        yield f"Found: {culprits}{together}, of {of} packages: alone {effect(found.alone)}."
    if found.others is not None:
        yield f"The other packages without it: {effect(found.others)}."
    left = found.left
    if left is not None and left.is_certain:
        yield f"What is left, {effect(left)}, is an interaction of the found with the other packages."
    elif left is not None:
        most = max(abs(left.low), abs(left.high))
        yield f"An interaction with the other packages of up to {most:.1%} is not excluded."
    elif of > len(found.culprits):
        yield "An interaction with the other packages is not excluded, because those cannot be measured alone."


def first_version(package: str, before: str, first: str) -> str:
    """The version that brought it."""
    return f"{package} {first} makes the difference, and {before} does not."


def as_json(found: Bisection, version: tuple[str | None, str] | None) -> dict[str, Any]:
    """For programs: logarithms are ratios there."""
    return {
        "culprits": list(found.culprits),
        "confirmed": found.is_confirmed,
        "whole": _ratio(found.whole),
        "alone": _ratio(found.alone),
        "others": _ratio(found.others),
        "left": _ratio(found.left),
        "last_version_without": None if version is None else version[0],
        "first_version_with": None if version is None else version[1],
    }


def _ratio(found: ChangeEffect | None) -> dict[str, float] | None:
    if found is None:
        return None
    ends = {
        name: ChangeEffect(mean=end, low=end, high=end).ratio
        for name, end in (("low", found.low), ("high", found.high))
    }
    return {"ratio": found.ratio, **ends}


def _what(*, by_instructions: bool) -> str:
    return "instructions per request" if by_instructions else "processor time per request"
