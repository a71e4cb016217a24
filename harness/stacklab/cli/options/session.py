"""Sessions on the command line: where they lie, which one to go on with, and how the next command names one."""

from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, cast

import click

from stacklab.catalog.workspace import Workspace, find
from stacklab.cli.options import completion
from stacklab.cli.options.fields import Command
from stacklab.cli.options.redaction import RecordedOption, is_given, is_planned, without_folder
from stacklab.errors import UsageError
from stacklab.store.folder import label_of, require_free

resume_option = click.option(
    "--resume",
    cls=RecordedOption,
    kept=without_folder,
    metavar="SESSION",
    shell_complete=completion.sessions,
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
        envvar="STACKLAB_RESULTS",
        help="Folder of the sessions (default: `results` in the workspace).",
    )(with_workspace)
    return cast("Command", with_workspace)


def name_option(command: Command) -> Command:
    """What the new session is called; the workspace that the command gets knows it. Below ``workspace_option``."""

    @wraps(command)
    def with_name(*, workspace: Workspace, label: str | None, **rest: Any) -> Any:
        if label is not None:
            require_free(label, workspace.results)
        return command(workspace=replace(workspace, label=label), **rest)

    click.option(
        "--name",
        "label",
        cls=RecordedOption,
        kept=without_folder,
        planned=True,
        metavar="NAME",
        help="Call the new session so; its folder and `list sessions` show it, and every command finds it.",
    )(with_name)
    return cast("Command", with_name)


def require_no_plan() -> None:
    """Of a session that has its plan: raise UsageError where an option was given that would change it."""
    context = click.get_current_context()
    for parameter in context.command.params:
        if is_planned(parameter) and is_given(parameter, context):
            named = parameter.opts[0] if isinstance(parameter, click.Option) else parameter.make_metavar(context)
            raise UsageError(f"{named} cannot be combined with --resume: the session already has its plan")


def called(session: Path) -> str:
    """How the next command names a session: by label or name where it is looked for from here, else by its folder."""
    is_here = session.resolve().parent == find(Path.cwd()).results.resolve()
    return label_of(session.name) or session.name if is_here else str(session)
