"""Whether the plan of a session runs nothing but what the catalogue of this workspace says.

People mail sessions. To render one reads data; to go on with one starts its servers and installs what they require, so
whatever is executed has to be known here: command lines, variables, apps, requirements, and the programs of claims.
Settings may have any value that the catalogue knows, and a required package any version of an index.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Final

from stacklab.catalog.catalogue import Catalogue
from stacklab.catalog.requirements import named
from stacklab.catalog.variants import OWN_LOOP
from stacklab.model.claims.arm import CellArm
from stacklab.model.claims.claim import Claim
from stacklab.model.claims.grid import points, stack_at
from stacklab.model.names import fault_of_name
from stacklab.model.plan import Plan
from stacklab.model.setting import held, with_value
from stacklab.model.stack import Stack

_PINNED: Final = re.compile(r"\s*[A-Za-z0-9][\w.-]*\s*(\[[\w., -]*\])?\s*([=<>!~]=?=?\s*[\w.!+*-]+\s*,?\s*)*")
"""A package of an index, with or without versions: no address, no folder, and no option of the installer."""


def strange(
    plan: Plan, catalogue: Catalogue, claims: Mapping[str, Claim], *, named_again: Collection[str] = ()
) -> Iterator[str]:
    """What of a plan this workspace does not know, one piece of a sentence each.

    ``named_again`` are the addresses of packages that the command line names too.
    """
    for scenario in plan.scenarios:
        if fault_of_name(scenario.user) is not None:
            yield f"the user of {scenario.name}"
    expected = {**catalogue.stacks, **_of_claims(plan, catalogue, claims)}
    for claim in plan.claims:
        if claims.get(claim.name) != claim:
            yield f"the claim {claim.name}"
    for stack in plan.stacks:
        base = plan.variants[stack.name].of if stack.name in plan.variants else stack.name
        known = _host(base, catalogue) if plan.app is not None else expected.get(base)
        if known is None:
            yield f"the stack {stack.name}"
        else:
            different = _different(stack, known, hosts_an_app=plan.app is not None, named_again=named_again)
            yield from (f"`{key}` of {stack.name}" for key in different)


def _different(stack: Stack, known: Stack, *, hosts_an_app: bool, named_again: Collection[str]) -> Iterator[str]:
    if stack.argv != known.argv:
        yield "argv"
    if stack.env != known.env:
        yield "env"
    if stack.app != known.app and not hosts_an_app:
        yield "app"
    if not all(_known_setting(name, stack, known) for name in {*stack.settings, *known.settings}):
        yield "settings"
    required = {named(one)[0] for one in known.all_requirements}
    if stack.loop not in {known.loop, OWN_LOOP, *required}:
        yield "loop"
    wanted = [one for one in stack.all_requirements if one.partition(" @ ")[2] not in named_again]
    if not all(
        one in known.all_requirements or (named(one)[0] in required and _PINNED.fullmatch(one)) for one in wanted
    ):
        yield "requirements"


def _known_setting(name: str, stack: Stack, known: Stack) -> bool:
    """Whether it has a value that the catalogue gives it, which stands for the same words."""
    if name not in stack.settings or name not in known.settings:
        return False
    own, catalogued = stack.settings[name], known.settings[name]
    try:
        return own in (catalogued, with_value(catalogued, held(own)))
    except ValueError:
        return False


def _host(name: str, catalogue: Catalogue) -> Stack | None:
    """The stack whose server hosts apps under this name."""
    return next((stack for stack in catalogue.stacks.values() if stack.hosts == name), None)


def _of_claims(plan: Plan, catalogue: Catalogue, claims: Mapping[str, Claim]) -> Mapping[str, Stack]:
    """The stacks of the arms of known claims."""
    return {
        point.stack: replace(stack_at(point, point.arm, catalogue.stacks), name=point.stack)
        for claim in plan.claims
        if claim.name in claims
        for point in points(claims[claim.name])
        if isinstance(point.arm, CellArm) and point.arm.stack in catalogue.stacks
    }
