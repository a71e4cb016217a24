"""``stacklab check``: is this stack what it says?"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console

from stacklab.catalog import catalogue, workspace
from stacklab.cli.checked import Checked, document, lines
from stacklab.cli.environments import Environments
from stacklab.cli.options.app import bring, own_app_options, rehearsed
from stacklab.cli.options.axes import Asked, axis_options
from stacklab.cli.options.placement import Placement, machine, machine_options
from stacklab.cli.plans import chosen_stacks
from stacklab.effects.environments.folders import scratch
from stacklab.errors import StageError, UsageError
from stacklab.machine import Machine
from stacklab.model.own_app import OwnApp
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import Contract
from stacklab.model.traffic.exchange import exchanges


@click.command("check")
@click.argument("stacks", nargs=-1, metavar="[STACK]...")
@axis_options
@own_app_options
@machine_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
def verb(
    *,
    stacks: Sequence[str],
    own: OwnApp | None,
    asked: Asked,
    placement: Placement,
    as_json: bool,
) -> int:
    """Boot each STACK (a name or a glob), ask everything of the contract, print every mismatch, stop.

    With --app, ask an app of your own by every server that can host it, as `run` would before it measures.

    Exit code 0: all answer as they should; 1: one breaks the contract, or cannot host the app; 2: one does not boot,
    or the app is not served by any.
    """
    console = Console(highlight=False, soft_wrap=True, stderr=as_json)
    place = workspace.find(Path.cwd())
    there_is = catalogue.read(place)
    if bool(stacks) == (own is not None):
        raise UsageError("name the stacks to check, or an app of your own with --app")
    if own is not None:
        if as_json:
            raise UsageError("--json: it is for stacks; leave it out with --app")
        brought = bring(own, place, console)
        with machine(place, placement, asked=asked, hosting=brought.hosting) as here:
            heard = rehearsed(brought, there_is, here, console).rehearsal.servers
        return 1 if any(one.refused for one in heard) else 0
    with machine(place, placement, asked=asked) as here:
        chosen = chosen_stacks(there_is, stacks, asked.axes, Environments(here, console)).stacks
        checked = []
        for stack in chosen:
            checked.append(one := _check(stack, there_is.contract, here))
            if not as_json:
                for line in lines(one):
                    console.print(line, markup=False)
    if as_json:
        click.echo(json.dumps([document(one) for one in checked], indent=2, ensure_ascii=False))
    return max((one.exit_code for one in checked), default=0)


def _check(stack: Stack, contract: Contract, here: Machine) -> Checked:
    not_asked = dict(_not_asked(stack, contract, here))
    stack = stack.serving([part for part in stack.serves if part not in not_asked])
    asked = tuple(exchanges(contract, stack))
    with scratch() as folder:
        try:
            here.provide(stack)
            with here.boot(stack, asked[0], folder) as server:
                found = here.verify(server, asked)
                miscounts = here.miscounts(server, asked)
        except StageError as error:
            return Checked(stack=stack, not_asked=not_asked, failed=error)
    return Checked(
        stack=stack, not_asked=not_asked, facts=server.facts, answers=len(asked), found=found, miscounts=miscounts
    )


def _not_asked(stack: Stack, contract: Contract, here: Machine) -> Iterator[tuple[str, str]]:
    """The parts whose backends do not run, and why."""
    for part in stack.serves:
        try:
            for backend in contract.backends_of([part]):
                here.backends.require(backend)
        except StageError as error:
            yield part, error.reason
