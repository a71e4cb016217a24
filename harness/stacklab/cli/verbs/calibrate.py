"""``stacklab calibrate``: the instrument on trial."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import count
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from stacklab.analysis.instrument.fidelity import answer
from stacklab.calibrate.calibration import calibrate, steps
from stacklab.calibrate.rig import Rig
from stacklab.calibrate.target import null_server, of_url
from stacklab.catalog import workspace
from stacklab.cli.options.placement import Finite, Placement, cpu_options, machine, results_option
from stacklab.effects.environments.folders import cache
from stacklab.model.calibration import SelfTestVerdict
from stacklab.report import calibration as rendering
from stacklab.report.kit.json import written
from stacklab.store import calibration as stored
from stacklab.store.journal import writing

LONGEST_S = 8.0
"""Five loads and the self-tests then take no more than two minutes."""


@click.command("calibrate")
@click.option("--target", metavar="URL", help="A server of yours on this machine, instead of the null server.")
@click.option(
    "--seconds", type=Finite(0.5, LONGEST_S), default=3.0, show_default=True, help="How long each load lasts."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@cpu_options
@results_option
def verb(
    *,
    target: str | None,
    seconds: float,
    as_json: bool,
    placement: Placement,
    results: Path | None,
) -> int:
    """Find out what the driver can do on this machine, and whether what it records is true. Takes about a minute.

    Measures its rate in a closed loop, and how late it sends at 1, 5, 20 and 50 thousand requests a second, against a
    server that does nothing. Then asks it questions whose answers are known. The result is kept beside the sessions.

    Exit code 1: a self-test failed, or cannot tell, because the hypervisor took processor time meanwhile.
    """
    progress = Console(stderr=True, highlight=False, soft_wrap=True)
    place = workspace.find(Path.cwd(), results=results)
    with writing(place.results):
        place.results.mkdir(parents=True, exist_ok=True)
    aim = None if target is None else of_url(target)
    with machine(place, placement) as here:
        rig = Rig(
            supervisor=here.supervisor,
            folder=here.folder,
            server_cpus=here.server_cpus,
            driver_cpus=here.driver_cpus,
        )
        aimed = null_server(rig, cache=cache() / "environments") if aim is None else nullcontext(aim)
        with _shown(progress, tuple(steps())) as on_step:
            found = calibrate(rig, aimed, seconds=seconds, on_step=on_step)
    path = stored.keep(found, place.results)
    if as_json:
        click.echo(written(rendering.document(found)), nl=False)
    else:
        rendering.render(found, Console())
    answers = Counter(answer(test) for test in found.self_tests)
    failed, untold = answers[SelfTestVerdict.FAILED], answers[SelfTestVerdict.CANNOT_TELL]
    beside = f", {untold} cannot tell" if untold else ""
    progress.print(f"wrote {path}: {failed} of {answers.total()} self-tests failed{beside}", markup=False)
    if failed or untold:
        first = "stop what else runs on this machine" if failed else "wait for a quieter hour"
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
