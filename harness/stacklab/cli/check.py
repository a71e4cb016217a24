"""``stacklab check``: is this stack what it says?"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from stacklab.catalog import catalogue, workspace
from stacklab.cli.options import machine, machine_options
from stacklab.errors import StageError, UsageError
from stacklab.model.contract import Exchange, exchanges
from stacklab.model.stack import Stack
from stacklab.world import Machine


@click.command("check")
@click.argument("stacks", nargs=-1, required=True, metavar="STACK...")
@machine_options
def verb(
    *,
    stacks: Sequence[str],
    python: str | None,
    server_cpus: tuple[int, ...] | None,
    driver_cpus: tuple[int, ...] | None,
    port: int | None,
) -> int:
    """Boot each STACK (a name or a glob), ask everything of the contract, print every mismatch, stop.

    Exit code 0: all answer as they should; 1: one breaks the contract; 2: one does not boot.
    """
    console = Console(highlight=False, soft_wrap=True)
    place = workspace.find(Path.cwd())
    there_is = catalogue.read(place)
    code = 0
    with machine(place, python=python, server_cpus=server_cpus, driver_cpus=driver_cpus, port=port) as here:
        for stack in there_is.choose_stacks(stacks):
            asked = tuple(exchanges(there_is.contract, stack.interface))
            code = max(code, _check(stack, asked, here, console))
    return code


def _check(stack: Stack, asked: tuple[Exchange, ...], here: Machine, console: Console) -> int:
    with tempfile.TemporaryDirectory(prefix="stacklab-") as folder:
        try:
            here.provide(stack)
            with here.boot(stack, asked[0], Path(folder)) as server:
                breaches = here.breaches(server, asked)
        except StageError as error:
            console.print(f"{stack.name}: {error.reason}", markup=False)
            for line in error.log_tail:
                console.print(f"    {line}", markup=False)
            return UsageError.exit_code
    for breach in breaches:
        console.print(f"{stack.name}: {breach}", markup=False)
    if breaches:
        return 1
    boot = f"{server.facts.boot_s:.2f} s to its first answer"
    console.print(f"{stack.name}: all {len(asked)} answers are right ({server.facts.python}, {boot})", markup=False)
    return 0
