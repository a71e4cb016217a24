"""``stacklab export``: a session as HdrHistogram files, or as programs that keep benchmarks over time read it."""

from collections import defaultdict
from pathlib import Path

import click

from stacklab.analysis.results import judge
from stacklab.analysis.run.columns import measured_window
from stacklab.analysis.run.histogram import histogram
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options import completion
from stacklab.cli.options.session import workspace_option
from stacklab.cli.show.output import OTHER
from stacklab.errors import UsageError
from stacklab.model.measured.record import Completed
from stacklab.report import histogram_files
from stacklab.report.exchange import bmf, github_benchmark
from stacklab.store.documents import replace_text, writing
from stacklab.store.door import inside
from stacklab.store.folder import locate
from stacklab.store.session import StoredSession


@click.command("export")
@click.argument("session", required=False, shell_complete=completion.sessions)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["hdr", "bmf", "github-action-benchmark"]),
    default="hdr",
    help="Format of the files (default hdr).",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write to this folder (default: one of the session's folder, named after the format).",
)
@workspace_option
def verb(*, session: str | None, kind: str, output: Path | None, workspace: Workspace) -> None:
    """Export a session for other programs.

    SESSION is a name or a folder (default: the newest session). With `hdr`, every stack and scenario gets a percentile
    table per round (`r01.hgrm`), and a log with an interval per round (`latency.hlog`, V2); rounds are not merged. With
    `bmf`, all metrics are one document for Bencher, `bmf.json`, each with its interval; with `github-action-benchmark`,
    they are two lists, `smaller.json` and `bigger.json`, for its custom tools. Void and failed cells are left out.
    """
    opened = StoredSession.open(locate(workspace.results, session))
    if kind == "hdr":
        _histograms(opened, output)
        return
    result = judge(opened)
    if not any(cell.counts for cell in result.cells):
        raise UsageError(f"{opened.folder}: no cell has numbers that count, so there is nothing to export")
    folder = output or opened.folder / kind
    files = {"bmf.json": bmf.render(result)} if kind == "bmf" else github_benchmark.render(result)
    with writing(folder, instead=OTHER):
        if output is None:
            inside(opened.folder, folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, rendered in files.items():
            replace_text(folder / name, rendered)
    click.echo(f"wrote {folder}: {', '.join(files)}")


def _histograms(opened: StoredSession, output: Path | None) -> None:
    """A folder for each cell."""
    cells: defaultdict[str, list[Completed]] = defaultdict(list)
    for run in opened.runs:
        if isinstance(run, Completed):
            cells[str(Path(run.cell.folder).parent)].append(run)
    if not cells:
        if opened.plan.claims:
            raise UsageError(f"{opened.folder}: its claims did not measure a stack, so there are no latencies")
        raise UsageError(f"{opened.folder}: no run was completed; continue with `stacklab run --resume {opened.name}`")
    folder = output or opened.folder / "hdr"
    for cell, runs in cells.items():
        with writing(folder, instead=OTHER):
            if output is None:
                inside(opened.folder, folder / cell)
            (folder / cell).mkdir(parents=True, exist_ok=True)
            _write(opened, f"{opened.name} {cell}", runs, folder / cell)
    click.echo(f"wrote {folder}: {sum(map(len, cells.values()))} percentile tables and {len(cells)} logs")
    click.echo("Next: drop .hgrm files on https://hdrhistogram.github.io/HdrHistogram/plotFiles.html")


def _write(session: StoredSession, title: str, runs: list[Completed], folder: Path) -> None:
    """The files of one cell; the rows of one run are in memory at a time."""
    intervals = []
    for run in sorted(runs, key=lambda run: run.cell.round):
        made = histogram(session.requests(run))
        tag = f"r{run.cell.round:02d}"
        replace_text(folder / f"{tag}.hgrm", histogram_files.percentiles(f"{title} {tag}", made))
        length_s = measured_window(run).length_s
        intervals.append(
            histogram_files.Interval(tag=tag, started_at=run.started_at, length_s=length_s, histogram=made)
        )
    replace_text(folder / "latency.hlog", histogram_files.log(title, intervals))
