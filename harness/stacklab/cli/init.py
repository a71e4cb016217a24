"""``stacklab init``: a workspace of one's own."""

import shutil
from pathlib import Path
from typing import Final

import click

from stacklab.catalog import workspace
from stacklab.errors import UsageError
from stacklab.store.journal import writing

COPIED: Final = ("targets", "scenarios")
MADE: Final = ("results", "reports")


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def verb(folder: Path) -> None:
    """Make a workspace in FOLDER (here by default): targets and scenarios to copy from, and places for results."""
    for name in COPIED:
        if (folder / name).exists():
            raise UsageError(f"{folder / name}: is there already; choose an empty folder")
    root = workspace.reference()
    with writing(folder):
        for name in COPIED:
            shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in MADE:
            (folder / name).mkdir(parents=True, exist_ok=True)
    click.echo(f"wrote {', '.join(str(folder / name) for name in (*COPIED, *MADE))}")
    click.echo("Next: stacklab list")
