"""``stacklab check``: is this stack what it says?"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from stacklab.catalog import catalogue, workspace
from stacklab.cli.axes import Asked, axis_options
from stacklab.cli.environments import Environments
from stacklab.cli.options import Placement, machine, machine_options
from stacklab.cli.own_app import bring, own_app_options, rehearsed
from stacklab.cli.planning import chosen_stacks
from stacklab.errors import StageError, UsageError
from stacklab.model.contract import Contract
from stacklab.model.exchange import exchanges
from stacklab.model.own_app import OwnApp
from stacklab.model.stack import Stack
from stacklab.world import Machine


@click.command("check")
@click.argument("stacks", nargs=-1, metavar="[STACK]...")
@axis_options
@own_app_options
@machine_options
def verb(
    *,
    stacks: Sequence[str],
    own: OwnApp | None,
    asked: Asked,
    placement: Placement,
) -> int:
    """Boot each STACK (a name or a glob), ask everything of the contract, print every mismatch, stop.

    With --app, ask an app of your own by every server that can host it, as `run` would before it measures.

    Exit code 0: all answer as they should; 1: one breaks the contract, or cannot host the app; 2: one does not boot,
    or the app is not served by any.
    """
    console = Console(highlight=False, soft_wrap=True)
    place = workspace.find(Path.cwd())
    there_is = catalogue.read(place)
    if bool(stacks) == (own is not None):
        raise UsageError("name the stacks to check, or an app of your own with --app")
    if own is not None:
        brought = bring(own, place, console)
        with machine(place, placement, asked=asked, hosting=brought.hosting) as here:
            heard = rehearsed(brought, there_is, here, console).rehearsal.heard
        return 1 if any(one.refused for one in heard) else 0
    code = 0
    with machine(place, placement, asked=asked) as here:
        for stack in chosen_stacks(there_is, stacks, asked.axes, Environments(here, console)).stacks:
            code = max(code, _check(stack, there_is.contract, here, console))
    return code


def _check(stack: Stack, contract: Contract, here: Machine, console: Console) -> int:
    wanted = stack.serves
    stack = stack.serving([part for part in stack.serves if _can_be_asked(part, stack, contract, here, console)])
    asked = tuple(exchanges(contract, stack))
    with tempfile.TemporaryDirectory(prefix="stacklab-") as folder:
        try:
            here.provide(stack)
            with here.boot(stack, asked[0], Path(folder)) as server:
                found = here.examine(server, asked)
                miscounts = here.miscounts(server, asked)
        except StageError as error:
            console.print(f"{stack.name}: {error.reason}", markup=False)
            for line in error.log_tail:
                console.print(f"    {line}", markup=False)
            return UsageError.exit_code
    for breach in (*found.breaches, *miscounts):
        console.print(f"{stack.name}: {breach}", markup=False)
    for undone in found.undone:
        console.print(f"{stack.name}: `differs` says {undone}; it is answered as the contract says", markup=False)
    if found.breaches or found.undone or miscounts:
        return 1
    for difference in found.differences:
        console.print(f"{stack.name}: differs, as it says: {difference}", markup=False)
    for part, why in stack.lacks.items():
        console.print(f"{stack.name}: lacks {part}: {why}", markup=False)
    boot = f"{server.facts.boot_s:.2f} s to its first answer"
    console.print(f"{stack.name}: all {len(asked)} answers are right ({server.facts.python}, {boot})", markup=False)
    return 0 if stack.serves == wanted else UsageError.exit_code


def _can_be_asked(part: str, stack: Stack, contract: Contract, here: Machine, console: Console) -> bool:
    """Whether the backends of a part run; why they do not is said."""
    try:
        for endpoint in contract.endpoints_of(part):
            if endpoint.backend is not None:
                here.backends.require(endpoint.backend)
    except StageError as error:
        console.print(f"{stack.name}: not asked for {part}: {error.reason}", markup=False)
        return False
    return True
