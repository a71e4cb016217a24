"""Which profiles are compared with which: those of two stacks in one session, or of the same stack in two."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from stacklab.analysis.profiles.difference import FEWEST_PROFILES, ProfileDifference, difference
from stacklab.analysis.profiles.result import ProfileResult, profile_result
from stacklab.analysis.session import SessionReader
from stacklab.errors import UsageError
from stacklab.model.layers import Layer, Layers
from stacklab.model.traffic.load import Closed


class ProfiledSide(NamedTuple):
    """A session, or one stack of it."""

    name: str
    session: SessionReader
    stack: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedProfiles:
    """Two sets of profiles under one scenario."""

    a: str
    b: str
    scenario: str
    difference: ProfileDifference
    layers: dict[str, Layer]
    """Of the functions that differ."""
    is_closed: bool
    """Whether the sides may have served different rates, at which a request costs differently."""
    ended: int
    """Profiles in which a process ended."""


def compared_profiles(a: ProfiledSide, b: ProfiledSide, layers: Layers) -> tuple[ComparedProfiles, ...]:
    """Compare whatever both sides have enough profiles of.

    Raises:
        UsageError: there is nothing that both have profiles of, or not enough of them.
    """
    if a == b:
        raise UsageError(f"{a.name} is compared with itself; name two stacks, or two sessions")
    ours, theirs = _profiles(a, layers), _profiles(b, layers)
    both = [key for key in ours if key in theirs]
    if not both:
        raise UsageError(
            f"{a.name} and {b.name} have no profiles under one scenario; take them with `stacklab profile --boots 5`"
        )
    for key in both:
        fewest = min(len(ours[key]), len(theirs[key]))
        if fewest < FEWEST_PROFILES:
            raise UsageError(
                f"{' under '.join(filter(None, key))}: {fewest} profiles on one side, and {FEWEST_PROFILES} are needed "
                "on each; take them with `stacklab profile --boots 5`"
            )
    return tuple(_compared((a, ours[key]), (b, theirs[key]), key, layers) for key in both)


def _profiles(side: ProfiledSide, layers: Layers) -> dict[tuple[str, str], list[ProfileResult]]:
    """By (stack, scenario); the stack is left out where one was named, since it differs between the sides."""
    found: dict[tuple[str, str], list[ProfileResult]] = {}
    for result in _results(side, layers):
        stack = "" if side.stack else result.profile.stack
        found.setdefault((stack, result.profile.scenario), []).append(result)
    return found


def _results(side: ProfiledSide, layers: Layers) -> Iterator[ProfileResult]:
    for profile in side.session.profiles:
        if side.stack in {None, profile.stack} and profile.failed is None:
            result = profile_result(side.session, profile, layers)
            if result.per_request:
                yield result


def _compared(
    one: tuple[ProfiledSide, list[ProfileResult]],
    other: tuple[ProfiledSide, list[ProfileResult]],
    key: tuple[str, str],
    layers: Layers,
) -> ComparedProfiles:
    (a, ours), (b, theirs), (stack, scenario) = one, other, key
    found = difference(ours, theirs)
    return ComparedProfiles(
        a=f"{stack} in {a.name}" if stack else a.name,
        b=f"{stack} in {b.name}" if stack else b.name,
        scenario=scenario,
        difference=found,
        layers={function.function: layers.of(function.function) for function in found.located},
        is_closed=isinstance(a.session.plan.scenario(scenario).load, Closed),
        ended=sum(result.partial for result in (*ours, *theirs)),
    )
