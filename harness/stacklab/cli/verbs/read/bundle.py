"""``stacklab bundle``: a session in one file, with everything that somebody else needs to check or repeat it."""

from collections.abc import Mapping
from pathlib import Path

import click

from stacklab.catalog.workspace import Workspace
from stacklab.cli.options import completion
from stacklab.cli.options.session import workspace_option
from stacklab.cli.show.output import OTHER
from stacklab.cli.show.rendering import render_page, rendered_with
from stacklab.model.measured.record import Completed
from stacklab.store import bundle
from stacklab.store.documents import writing
from stacklab.store.folder import locate
from stacklab.store.session import StoredSession


@click.command("bundle")
@click.argument("session", required=False, shell_complete=completion.sessions)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write to this file (default: SESSION.tar.gz in the current folder).",
)
@workspace_option
def verb(*, session: str | None, output: Path | None, workspace: Workspace) -> None:
    """Pack a session into one file that others can check.

    SESSION is a name or a folder (default: the newest session). The bundle holds the session with its rows and the
    facts of the machine, its page, the targets and scenarios of the workspace as they are now, the exact versions that
    every stack ran with, and a digest of each file. The source of your own app is not in it.
    """
    opened = StoredSession.open(locate(workspace.results, session))
    name = opened.folder.resolve().name
    archive = output or Path(f"{name}.tar.gz")
    contents: dict[str, Path | bytes] = {
        **_below(opened.folder, f"{bundle.SESSION}/{name}", but=archive),
        **_below(workspace.targets, f"{bundle.WORKSPACE}/targets"),
        **_below(workspace.scenarios, f"{bundle.WORKSPACE}/scenarios"),
        **{f"{bundle.LOCKS}/{stack}.txt": text.encode() for stack, text in _locks(opened).items()},
        bundle.PAGE: render_page(opened, workspace).encode(),
    }
    with writing(archive, instead=OTHER):
        digest = bundle.pack(archive, contents, session=name, rendered_with=rendered_with())
    click.echo(f"wrote {archive}: {len(contents)} files, SHA-256 {digest}")
    click.echo(f"Next: stacklab verify {archive}")


def _below(folder: Path, inside: str, *, but: Path | None = None) -> dict[str, Path]:
    return {
        f"{inside}/{path.relative_to(folder).as_posix()}": path
        for path in bundle.files_below(folder)
        if but is None or path.resolve() != but.resolve()
    }


def _locks(session: StoredSession) -> Mapping[str, str]:
    """By stack, the packages that its servers reported, as a file of requirements."""
    return {
        run.cell.stack: "\n".join((f"# {run.server.python}", *map("==".join, sorted(packages.items())), ""))
        for run in session.runs
        if isinstance(run, Completed) and (packages := run.server.packages)
    }
