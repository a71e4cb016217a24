"""What a shell may complete: stacks, scenarios, claims and sessions, from the names of files, so that it is fast."""

from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from stacklab.catalog.workspace import Workspace, find
from stacklab.store.folder import LATEST, label_of, sessions_in

Completing = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _completing(names: Callable[[Workspace], Iterable[str]]) -> Completing:
    """What click calls: the names that begin with what is typed, none twice. A broken workspace completes nothing."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 (click's signature)
        results = context.params.get("results")
        workspace = find(Path.cwd(), results=None if results is None else Path(results))
        return [CompletionItem(name) for name in dict.fromkeys(names(workspace)) if name.startswith(incomplete)]

    return complete


def _stems(folder: Path) -> Iterable[str]:
    return sorted(path.stem for path in folder.glob("*.toml"))


def _claims(workspace: Workspace) -> Iterable[str]:
    return (stem for stem in _stems(workspace.claims) if stem != "contract")


def _sessions(workspace: Workspace) -> Iterable[str]:
    """The newest first: labels where there are some, and the folders."""
    yield LATEST
    for path in reversed(sessions_in(workspace.results)):
        yield label_of(path.name) or path.name


stacks = _completing(lambda workspace: _stems(workspace.stacks))
scenarios = _completing(lambda workspace: _stems(workspace.scenarios))
claims = _completing(_claims)
sessions = _completing(_sessions)
sessions_and_stacks = _completing(lambda workspace: [*_sessions(workspace), *_stems(workspace.stacks)])
