"""Variants: each stack once for every combination of what is to be varied, under a name that says what differs.

A name is ``STACK,setting=value+package==version@interpreter``, with those parts only that were asked for.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final

from stacklab.catalog.requirements import Wanted, named
from stacklab.errors import UsageError
from stacklab.model.plan import Variant
from stacklab.model.setting import with_value
from stacklab.model.stack import Stack

OWN_LOOP: Final = "asyncio"
"""The loop of the standard library; any other one is a package that the stack must require."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Axes:
    """What is to be varied."""

    requirements: tuple[tuple[Wanted, ...], ...] = ()
    """Each is measured beside the stack as it is; what stands together is changed together."""
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Each value is measured, and the stack as it is only if its own value is among them."""
    pythons: tuple[str, ...] = ()
    """Likewise. A single one makes no variant: it is how the session is measured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Expanded:
    """What is measured instead of the stacks that were chosen."""

    stacks: tuple[Stack, ...]
    variants: Mapping[str, Variant]
    left_out: Mapping[str, str]
    """Stacks that cannot be varied so, and why."""


Holds = Callable[[Stack, str], bool]
"""Whether the environment of a stack holds a package; it is made for that, if need be."""


def expand(stacks: Sequence[Stack], axes: Axes, *, insisted: Collection[str], holds: Holds) -> Expanded:
    """Every stack in all its variants.

    Raises UsageError where a stack that is ``insisted`` on cannot be varied so, where no stack can, and where what is
    asked for concerns none.
    """
    _require_settings(stacks, axes.settings)
    changes = [_concerning(stacks, together, holds) for together in axes.requirements]
    variants: dict[str, Variant] = {}
    made: dict[str, Stack] = {}
    left_out: dict[str, str] = {}
    for stack in stacks:
        own = [change[stack.name] for change in changes if stack.name in change]
        try:
            for one, variant in tuple(_variants(stack, axes, own)):
                if one.name in made:
                    raise UsageError(f"{one.name} would be measured twice: two of its variants are the same")
                made[one.name] = one
                if variant is not None:
                    variants[one.name] = variant
        except ValueError as error:
            if stack.name in insisted or len(stacks) == 1:
                raise UsageError(f"--vary: {stack.name}: {error}") from error
            left_out[stack.name] = str(error)
    if not made:
        name, reason = next(iter(left_out.items()))
        raise UsageError(f"--vary: no chosen stack can be varied like this; {name}, for example: {reason}")
    return Expanded(stacks=tuple(made.values()), variants=variants, left_out=left_out)


def _require_settings(stacks: Iterable[Stack], settings: Iterable[str]) -> None:
    known = sorted({name for stack in stacks for name in stack.values})
    for name in settings:
        if name not in known:
            there = f"they have {', '.join(known)}" if known else "they have none at all"
            raise UsageError(f"--vary {name}: no chosen stack has such a setting; {there}")


def _concerning(
    stacks: Sequence[Stack], together: tuple[Wanted, ...], holds: Holds
) -> Mapping[str, tuple[Wanted, ...]]:
    """For each stack that it concerns, what is to be changed: that is whoever requires it, or holds it if none does."""
    concerned: set[str] = set()
    for wanted in together:
        requiring = {stack.name for stack in stacks if wanted.package in _required(stack)}
        names = requiring or {stack.name for stack in stacks if holds(stack, wanted.package)}
        if not names:
            raise UsageError(f"--with: no chosen stack has {wanted.package}; choose others with --stack")
        concerned |= names
    return {
        stack.name: tuple(
            wanted for wanted in together if wanted.package in _required(stack) or holds(stack, wanted.package)
        )
        for stack in stacks
        if stack.name in concerned
    }


def _required(stack: Stack) -> set[str]:
    return {named(requirement)[0] for requirement in stack.all_requirements}


def _variants(stack: Stack, axes: Axes, own: Sequence[tuple[Wanted, ...]]) -> Iterator[tuple[Stack, Variant | None]]:
    values = [[(name, value) for value in chosen] for name, chosen in axes.settings.items()]
    several = len(axes.pythons) > 1
    for chosen, together, python in product(product(*values), ((), *own), axes.pythons or (None,)):
        one = replace(stack, python=python or stack.python)
        for name, value in chosen:
            one = _set(one, name, value)
        for wanted in together:
            one = _with(one, wanted)
        variant = Variant(
            of=stack.name,
            requirements={wanted.package: wanted.instead_of(frozenset()) for wanted in together},
            settings={name: one.values[name] for name, _ in chosen},
            python=python if several else None,
        )
        name = "".join(
            [
                stack.name,
                *(f",{name}={value}" for name, value in variant.settings.items()),
                *(f"+{wanted.tag}" for wanted in together),
                f"@{python}" if several else "",
            ]
        )
        yield replace(one, name=name), variant if variant.varied else None


def _set(stack: Stack, name: str, value: str) -> Stack:
    """The stack with this value. Raises ValueError, as a sentence, if it cannot have it."""
    if not stack.takes(name):
        raise ValueError(f"it has no setting {name}; it has {', '.join(stack.values) or 'none'}")
    if name in stack.settings:
        try:
            return replace(stack, settings={**stack.settings, name: with_value(stack.settings[name], value)})
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    if name == "loop":
        if value != OWN_LOOP and value not in _required(stack):
            raise ValueError(
                f"loop: it does not require {value!r}; there is {', '.join(sorted({OWN_LOOP, str(stack.loop)}))}"
            )
        return replace(stack, loop=value)
    if not (value.isdecimal() and int(value) >= 1):
        raise ValueError(f"{name}: {value!r} is not a whole number from 1")
    return replace(stack, workers=int(value)) if name == "workers" else replace(stack, threads=int(value))


def _with(stack: Stack, wanted: Wanted) -> Stack:
    """The stack with this requirement in the place of its own, or beside its own where it has it for others' sake."""
    if wanted.package not in _required(stack):
        return replace(stack, requirements=(*stack.requirements, wanted.instead_of(frozenset())))

    def changed(requirements: Iterable[str]) -> tuple[str, ...]:
        return tuple(
            wanted.instead_of(extras) if package == wanted.package else requirement
            for requirement in requirements
            for package, extras in [named(requirement)]
        )

    return replace(stack, requirements=changed(stack.requirements), app_requirements=changed(stack.app_requirements))
