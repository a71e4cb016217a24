"""The ways to run the user's app that one session compares: each app, variable, version and interpreter, combined.

The end of a stack's name says which way it is, as it does for variants: ``uvicorn-uvloop,app=shop.asgi,POOL=5
+fastapi==0.110.0@path2``, with those parts only that differ.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final

from stacklab.catalog.requirements import Wanted
from stacklab.errors import UsageError
from stacklab.model.own_app import OwnApp
from stacklab.model.plan import Plan, Variant
from stacklab.model.secrets import SECRET_HEADER

_SHORT: Final = re.compile(r"[\w.-]{1,20}")
"""A value of a variable that may be part of a name."""


NAMED: Final = 2
"""Requirements of one `--with` that a name holds; a file of them may have many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """One way to run the app."""

    own: OwnApp
    requirements: tuple[str, ...] = ()
    """What is installed over its environment, as pip would read it."""
    tag: str = ""
    """The end of the names of its stacks; empty for the app as it is."""
    packages: Mapping[str, str] = field(default_factory=dict)
    """What the requirements are called in a session, by package."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The app and the variables, where they differ, as a session may name them."""
    python: str | None = None

    def variant(self, of: str) -> Variant:
        """What makes its stack of another one."""
        return Variant(of=of, requirements=self.packages, settings=self.settings, python=self.python)


def ways(
    apps: Sequence[OwnApp],
    *,
    variables: Mapping[str, Sequence[str]],
    wanted: Sequence[tuple[Wanted, ...]],
    pythons: Sequence[tuple[str, str]],
) -> tuple[Way, ...]:
    """All combinations. ``variables`` are those with several values; ``pythons`` are labels and interpreters.

    The app as it is comes before what ``wanted`` changes of it. Raises UsageError where two ways are the same.
    """
    labels = _labels([own.app for own in apps])
    values = [[(name, value, word) for value, word in _words(name, every)] for name, every in variables.items()]
    found: dict[str, Way] = {}
    for (own, label), chosen, together, python in product(
        zip(apps, labels, strict=True), product(*values), ((), *wanted), pythons or [("", "")]
    ):
        way = _way(own, label, chosen, together, python, several=len(pythons) > 1)
        if way.tag in found:
            raise UsageError(f"{own.app} would be measured twice in the same way{way.tag and f' ({way.tag})'}")
        found[way.tag] = way
    return tuple(found.values())


def _way(
    own: OwnApp,
    label: str,
    chosen: Sequence[tuple[str, str, str]],
    together: tuple[Wanted, ...],
    python: tuple[str, str],
    *,
    several: bool,
) -> Way:
    settings = {**({"app": label} if label else {}), **{name: word for name, _, word in chosen}}
    where, path = python
    tag = "".join(
        [
            *(f",{name}={word}" for name, word in settings.items()),
            *(f"+{one.tag}" for one in together[:NAMED]),
            *([f"+{len(together) - NAMED}_more"] if len(together) > NAMED else []),
            f"@{where}" if several else "",
        ]
    )
    return Way(
        own=replace(own, env={**own.env, **{name: value for name, value, _ in chosen}}, python=path or own.python),
        requirements=tuple(_as_pip_reads_it(one) for one in together),
        tag=tag,
        packages={one.package: one.instead_of(frozenset()) for one in together},
        settings=settings,
        python=where if several else None,
    )


def with_ways(plan: Plan, found: Sequence[Way]) -> Plan:
    """The plan with what it says of the ways: each stack is a variant of its server."""
    by_tag = {way.tag: way for way in found}
    variants = dict(plan.variants)
    for stack in plan.stacks:
        if not stack.way:
            continue
        known = plan.variants.get(stack.name)
        of = (stack.name if known is None else known.of).removesuffix(stack.way)
        made = by_tag[stack.way].variant(of)
        variants[stack.name] = made if known is None else replace(made, settings={**made.settings, **known.settings})
    return replace(plan, variants=variants)


def _as_pip_reads_it(wanted: Wanted) -> str:
    extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
    return (
        f"{wanted.package}{extras} @ {wanted.url}"
        if wanted.url is not None
        else f"{wanted.package}{extras}{wanted.versions}"
    )


def _labels(apps: Sequence[str]) -> list[str]:
    """What tells the apps apart: the module if that does, else the attribute, else both."""
    if len(apps) == 1:
        return [""]
    for part in (lambda app: app.partition(":")[0], lambda app: app.partition(":")[2], str):
        labels = [re.sub(r"[^\w.-]+", "-", part(app)).strip("-") for app in apps]
        if len(set(labels)) == len(apps):
            return labels
    return [str(number) for number in range(1, len(apps) + 1)]


def _words(name: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each value, and the word that a session has for it: a number where it may be a secret, or is long."""
    tells = not SECRET_HEADER.search(name) and all(map(_SHORT.fullmatch, values))
    for number, value in enumerate(values, start=1):
        yield value, value if tells else f"value{number}"
