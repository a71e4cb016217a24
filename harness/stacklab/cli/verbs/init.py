"""``stacklab init``: a workspace of the user's own."""

import shutil
from pathlib import Path
from typing import Final

import click

from stacklab.catalog import workspace
from stacklab.errors import UsageError
from stacklab.model.own_app import OwnApp
from stacklab.store.documents import writing
from stacklab.store.folder import make

COPIED: Final = ("targets", "scenarios")
MADE: Final = ("results", "reports")


TEMPLATE: Final = workspace.PACKAGE / "catalog" / "app.toml"
EXAMPLE: Final = "shop.main:app"
"""The app of the template."""


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--app", metavar="MODULE:APP", help="Write only an `app.toml`, for this app of yours.")
def verb(folder: Path, app: str | None) -> None:
    """Create a workspace in FOLDER (default: the current folder).

    It holds the targets and scenarios that come with stacklab, to copy from, and folders for results and reports. With
    --app, a commented `app.toml` is written instead: everything that `run` and `check` can be told about your own app.
    """
    if app is not None:
        _write_app(folder / "app.toml", app)
        return
    for name in COPIED:
        if (folder / name).exists():
            raise UsageError(f"{folder / name} already exists; choose an empty folder")
    root = workspace.reference()
    with writing(folder, instead="choose another folder"):
        for name in COPIED:
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        make(folder / "results")
        (folder / "reports").mkdir(parents=True, exist_ok=True)
    click.echo(f"wrote {', '.join(str(folder / name) for name in (*COPIED, *MADE))}")
    click.echo("Next: stacklab list")


def _write_app(path: Path, app: str) -> None:
    if path.exists():
        raise UsageError(f"{path} already exists; choose another folder, or edit it")
    try:
        OwnApp(app=app)
    except ValueError as error:
        raise UsageError(f"--{error}") from error
    text = TEMPLATE.read_text(encoding="utf-8").replace(EXAMPLE, app)
    with writing(path.parent, instead="choose another folder"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    click.echo(f"wrote {path}")
    click.echo(f"Next: stacklab check --app {path}")
