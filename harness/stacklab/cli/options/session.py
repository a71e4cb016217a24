"""Sessions on the command line: where they lie, which one to go on with, and how the next command names one."""

from functools import wraps
from pathlib import Path
from typing import Any, cast

import click

from stacklab.catalog.workspace import find
from stacklab.cli.options.fields import Command
from stacklab.cli.options.redaction import RecordedOption, is_given, is_planned, without_folder
from stacklab.errors import UsageError

resume_option = click.option(
    "--resume",
    cls=RecordedOption,
    kept=without_folder,
    metavar="SESSION",
    help="Continue an interrupted session; `latest` is the newest.",
)

trust_option = click.option(
    "--trust",
    "trusted",
    is_flag=True,
    help="Run what the session's plan says, even if the catalogue of this workspace does not know it.",
)


def workspace_option(command: Command) -> Command:
    """Where sessions lie; the command gets the workspace, with its results there, as ``workspace``."""

    @wraps(command)
    def with_workspace(*, results: Path | None, **rest: Any) -> Any:
        return command(workspace=find(Path.cwd(), results=results), **rest)

    click.option(
        "--results",
        cls=RecordedOption,
        kept=without_folder,
        type=click.Path(path_type=Path, file_okay=False),
        metavar="FOLDER",
        help="Folder of the sessions (default: `results` in the workspace).",
    )(with_workspace)
    return cast("Command", with_workspace)


def require_no_plan() -> None:
    """Of a session that has its plan: raise UsageError where an option was given that would change it."""
    context = click.get_current_context()
    for parameter in context.command.params:
        if is_planned(parameter) and is_given(parameter, context):
            named = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.make_metavar(context)
            raise UsageError(f"{named} cannot be combined with --resume: the session already has its plan")


def called(session: Path) -> str:
    """How the next command names a session: by its name where it is looked for from here, else by its folder."""
    return session.name if session.resolve().parent == find(Path.cwd()).results.resolve() else str(session)
