"""``stacklab check``: whether stacks implement the contract, as lines, as JSON, and as an exit code."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click
from rich.console import Console

from stacklab.catalog.catalogue import read
from stacklab.catalog.ways import Way
from stacklab.catalog.workspace import Workspace, find
from stacklab.cli.options import completion
from stacklab.cli.options.app import own_app_options
from stacklab.cli.options.axes import RequestedAxes, axis_options
from stacklab.cli.options.order import InOrder
from stacklab.cli.options.placement import Placement, machine_options
from stacklab.cli.own_app import bring, rehearsed
from stacklab.cli.plans import chosen_stacks
from stacklab.cli.preparation import Environments, machine
from stacklab.cli.show.output import json_option
from stacklab.effects.environments.folders import scratch
from stacklab.effects.wire.verify import Verification
from stacklab.errors import StageError, UsageError
from stacklab.machine import Machine
from stacklab.model.measured.record import ServerFacts
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import Contract
from stacklab.model.traffic.exchange import exchanges
from stacklab.report.kit.numbers import listed

BROKEN = 1
UNREADY = UsageError.exit_code


@click.command("check", cls=InOrder)
@click.argument("stacks", nargs=-1, metavar="[STACK]...", shell_complete=completion.stacks)
@axis_options
@own_app_options
@machine_options
@json_option
def verb(
    *,
    stacks: tuple[str, ...],
    own: tuple[Way, ...],
    requested: RequestedAxes,
    placement: Placement,
    as_json: bool,
) -> int:
    """Check that stacks implement the contract.

    STACK is a name or a glob. Each stack is started, sent every request of the contract, and stopped; every mismatch
    is printed. With --app, your own app is checked on every server that can host it, as `run` does before it measures.

    Exit code 0: every response is correct. 1: a stack breaks the contract, or a server cannot host the app. 2: a stack
    does not start or cannot be checked completely, or no server serves the app.
    """
    if bool(stacks) == bool(own):
        raise UsageError("name the stacks to check, or your own app with --app")
    if own and as_json:
        raise UsageError("--json is for stacks; leave it out with --app")
    console = Console(highlight=False, soft_wrap=True, stderr=as_json)
    workspace = find(Path.cwd())
    if own:
        return _check_app(own, workspace, requested, placement, console)
    catalogue = read(workspace)
    checked: list[Checked] = []
    with machine(workspace, placement, requested=requested) as here:
        for stack in chosen_stacks(catalogue, stacks, requested.axes, Environments(here, console)).stacks:
            checked.append(one := _check(stack, catalogue.contract, here))
            if not as_json:
                for line in lines(one):
                    console.print(line, markup=False)
    if as_json:
        click.echo(json.dumps([document(one) for one in checked], indent=2, ensure_ascii=False))
    return max((one.exit_code for one in checked), default=0)


def _check_app(
    own: tuple[Way, ...], workspace: Workspace, requested: RequestedAxes, placement: Placement, console: Console
) -> int:
    """Serve the app by every server; 1 if one of them cannot."""
    catalogue = read(workspace)
    brought = bring(own, workspace, console)
    with machine(workspace, placement, requested=requested, hostings=brought.hostings) as here:
        servers = rehearsed(brought, catalogue, here, console).rehearsal.servers
    return BROKEN if any(one.refused for one in servers) else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """One stack, checked; or why it could not be."""

    stack: Stack
    unchecked: Mapping[str, str]
    """Optional endpoints whose backend is unavailable, and why."""
    failed: StageError | None = None
    """It has no environment, or did not start."""
    facts: ServerFacts | None = None
    responses: int = 0
    found: Verification = field(default_factory=Verification)
    miscounts: tuple[str, ...] = ()

    @property
    def is_correct(self) -> bool:
        """Whether every response was as the contract and the stack's own file say."""
        return not (self.failed or self.found.mismatches or self.found.undone or self.miscounts)

    @property
    def exit_code(self) -> int:
        """0: it is correct; 1: it is not; 2: it could not be checked, or not completely."""
        if self.failed:
            return UNREADY
        if not self.is_correct:
            return BROKEN
        return UNREADY if self.unchecked else 0


def _check(stack: Stack, contract: Contract, here: Machine) -> Checked:
    unchecked = dict(_unchecked(stack, contract, here))
    stack = stack.serving([part for part in stack.serves if part not in unchecked])
    requests = tuple(exchanges(contract, stack))
    with scratch() as folder:
        try:
            here.provide(stack)
            with here.boot(stack, requests[0], folder) as server:
                found = here.verify(server, requests)
                miscounts = here.miscounts(server, requests)
        except StageError as error:
            return Checked(stack=stack, unchecked=unchecked, failed=error)
    return Checked(
        stack=stack,
        unchecked=unchecked,
        facts=server.facts,
        responses=len(requests),
        found=found,
        miscounts=miscounts,
    )


def _unchecked(stack: Stack, contract: Contract, here: Machine) -> Iterator[tuple[str, str]]:
    """The optional endpoints whose backends do not run, and why."""
    for part in stack.serves:
        try:
            for backend in contract.backends_of([part]):
                here.backends.require(backend)
        except StageError as error:
            yield part, error.reason


def lines(checked: Checked) -> Iterator[str]:
    """What is printed of it."""
    name, found = checked.stack.name, checked.found
    for part, why in checked.unchecked.items():
        yield f"{name}: {part} is not checked: {why}"
    if checked.failed:
        yield f"{name}: {checked.failed.reason}"
        yield from (f"    {line}" for line in checked.failed.log_tail)
    for breach in (*found.mismatches, *checked.miscounts):
        yield f"{name}: {breach}"
    for undone in found.undone:
        yield f"{name}: the file declares a difference that does not exist: {undone}"
    if checked.is_correct and checked.facts is not None:
        for difference in found.differences.values():
            yield f"{name}: differs as declared: {difference}"
        for part, why in checked.stack.lacks.items():
            yield f"{name}: lacks {part}: {why}"
        served = f"{checked.facts.python}, first response after {checked.facts.boot_s:.2f} s"
        yield f"{name}: all {checked.responses} responses are correct{_as_declared(found.differences)} ({served})"


def _as_declared(differences: Mapping[str, str]) -> str:
    if not differences:
        return ""
    return f", {len(differences)} of them as declared in its file: {listed(tuple(differences))}"


def document(checked: Checked) -> dict[str, object]:
    """The same for programs."""
    failed, facts = checked.failed, checked.facts
    return {
        "stack": checked.stack.name,
        "right": checked.is_correct,
        "answers": checked.responses,
        "as_declared": dict(checked.found.differences),
        "breaches": [*checked.found.mismatches, *checked.miscounts],
        "declared_in_vain": list(checked.found.undone),
        "lacks": dict(checked.stack.lacks),
        "not_asked": dict(checked.unchecked),
        "failed": None if failed is None else failed.reason,
        "python": None if facts is None else facts.python,
        "boot_s": None if facts is None else facts.boot_s,
    }
