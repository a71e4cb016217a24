"""``stacklab calibrate``: what the driver can do on this machine, and whether what it records is true."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import count

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from stacklab.analysis.instrument.fidelity import answer
from stacklab.calibrate.calibration import calibrate, steps
from stacklab.calibrate.rig import Rig
from stacklab.calibrate.target import null_server, of_url
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options.placement import Placement, cpu_options
from stacklab.cli.options.session import workspace_option
from stacklab.cli.options.types import Finite
from stacklab.cli.preparation import machine
from stacklab.cli.show.consoles import messages, results
from stacklab.cli.show.output import json_option
from stacklab.effects.environments.folders import cache
from stacklab.model.measured.calibration import SelfTestVerdict
from stacklab.report import calibration as rendering
from stacklab.report.kit.json import written
from stacklab.store import calibration as stored
from stacklab.store.folder import make

LONGEST_S = 8.0
"""Five loads and the self-tests then take no more than two minutes."""


@click.command("calibrate")
@click.option("--target", metavar="URL", help="Your own server on this machine, instead of the null server.")
@click.option(
    "--seconds",
    type=Finite(0.5, LONGEST_S),
    default=3.0,
    metavar="S",
    help="Duration of each load in seconds (default 3).",
)
@json_option
@cpu_options
@workspace_option
def verb(
    *,
    target: str | None,
    seconds: float,
    as_json: bool,
    placement: Placement,
    workspace: Workspace,
) -> int:
    """Test the driver (the load generator) on this machine. Takes about a minute.

    Against a server that does nothing, this measures the driver's throughput in a closed loop, and how late it sends
    at 1, 5, 20 and 50 thousand requests per second. Then it runs self-tests whose results are known in advance. The
    calibration is stored beside the sessions.

    Exit code 1: a self-test failed, or was inconclusive because of steal time (the hypervisor ran something else).
    """
    progress = messages()
    make(workspace.results)
    aim = None if target is None else of_url(target)
    with machine(workspace, placement) as here:
        rig = Rig(
            supervisor=here.supervisor,
            folder=here.folder,
            server_cpus=here.server_cpus,
            driver_cpus=here.driver_cpus,
        )
        aimed = null_server(rig, cache=cache() / "environments") if aim is None else nullcontext(aim)
        with _shown(progress, tuple(steps())) as on_step:
            found = calibrate(rig, aimed, seconds=seconds, on_step=on_step)
    path = stored.keep(found, workspace.results)
    if as_json:
        click.echo(written(rendering.document(found)), nl=False)
    else:
        rendering.render(found, results())
    answers = Counter(answer(test) for test in found.self_tests)
    failed, untold = answers[SelfTestVerdict.FAILED], answers[SelfTestVerdict.CANNOT_TELL]
    beside = f", {untold} inconclusive" if untold else ""
    progress.print(f"wrote {path}: {failed} of {answers.total()} self-tests failed{beside}", markup=False)
    if failed or untold:
        first = "stop whatever else runs on this machine" if failed else "wait until the machine is quieter"
        progress.print(f"Next: {first}, then stacklab calibrate", markup=False)
        return 1
    progress.print("Next: stacklab run --preset quick", markup=False)
    return 0


@contextmanager
def _shown(console: Console, steps: Sequence[str]) -> Iterator[Callable[[str], None]]:
    """Show which step is running and what is left: a bar on a terminal, a line a step elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task, done = bar.add_task("starting", total=len(steps)), count()

        def on_step(step: str) -> None:
            bar.update(task, description=step, completed=next(done))
            if not console.is_terminal:
                console.print(step, markup=False)

        yield on_step
