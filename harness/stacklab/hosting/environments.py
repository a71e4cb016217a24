"""What a server runs in that hosts the user's own app: the user's environment with the server laid over it.

The folder and the variables of the server are the app's. Nothing is written into either.
"""

import json
import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from stacklab.catalog.workspace import Workspace
from stacklab.effects.environments import environment, overlay
from stacklab.effects.environments.environment import Environment
from stacklab.effects.environments.folders import cache
from stacklab.effects.processes.supervisor import run
from stacklab.environments import MadeOnce
from stacklab.errors import StageError
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.own_app import Hosting
from stacklab.model.secrets import worth_hiding
from stacklab.model.serving import python_environment
from stacklab.model.stack import Stack
from stacklab.model.traffic.exchange import Exchange
from stacklab.units import Seconds

LOADED: Final = "STACKLAB_APP"
"""The variable in which ``targets/host/stacklab_app.py`` finds what it is to load."""

HOSTED: Final = "stacklab_host:app"
"""What servers are told to serve: the app, with its requests counted."""

COUNTER: Final = Exchange(summary="count", target="/.stacklab/count")
"""The request for the number of requests that have reached the app."""

COMMAND_S: Final[Seconds] = 300.0
"""How long a command of the user's may take."""


@dataclass(frozen=True, kw_only=True)
class OverlayEnvironments:
    """The user's environment, under an overlay for each server that holds what the server needs beside it."""

    hosting: Hosting
    workspace: Workspace
    cache: Path
    """Where overlays are kept from one command to the next."""
    _made: MadeOnce = field(default_factory=MadeOnce)
    _overlays: dict[tuple[str, ...], overlay.Overlay] = field(default_factory=dict)
    """By the requirements of the server."""

    def of_stack(self, stack: Stack) -> Environment:
        """Lay the server over the user's environment, or find that done."""
        return self._made.get(stack.all_requirements, lambda: self._overlay(stack).environment)

    def of_program(self, arm: ProgramArm) -> Environment:
        """Raise StageError: a claim has environments of its own for its programs, and none of the user's."""
        raise StageError(f"{arm.program} is a claim's program, and does not run in an app's environment")

    def replaced(self, stack: Stack) -> Mapping[str, tuple[str, str]]:
        """Packages that the user's environment has in another version than the stack names."""
        self.of_stack(stack)
        return self._overlays[stack.all_requirements].theirs

    def as_served(self, stack: Stack) -> Stack:
        """The stack with what stands around the app as its app."""
        return replace(stack, app=HOSTED)

    def variables(self, stack: Stack, *, backends: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002 (it has its own)
        """The environment variables of the server: the app's are among them."""
        added = self._overlays[stack.all_requirements].folder
        own = self._own.folders
        path = (self.workspace.host, self.workspace.targets, *(() if added is None else (added,)), *own)
        return {
            **app_environment(self.hosting, python_path=path),
            LOADED: what_to_load(self.hosting, self.workspace),
            **stack.env,
        }

    def before_boot(self, stack: Stack) -> None:  # noqa: ARG002 (other strategies need it)
        """Run the user's commands."""
        for command in self.hosting.before_boot:
            run_command(command, self.hosting, self._own.folders)

    @property
    def boots_alone(self) -> bool:
        """Whether there are such commands: they may clear a database."""
        return bool(self.hosting.before_boot)

    def redactions(self) -> Mapping[str, str]:
        """Paths that a log may name, and a word for each."""
        added = {str(one.folder): "<server>" for one in self._overlays.values() if one.folder is not None}
        return {
            **self._made.redactions(),
            self.hosting.folder: "<app>",
            self.hosting.app_dir: "<app>",
            **worth_hiding({f"<{name}>": value for name, value in self.hosting.env.items()}),
            **added,
        }

    @cached_property
    def _own(self) -> "OwnEnvironment":
        return own_environment(self.hosting, self.cache)

    def _overlay(self, stack: Stack) -> overlay.Overlay:
        theirs = self._made.get("theirs", lambda: self._own.environment)
        made = overlay.provide(stack.all_requirements, over=theirs, cache=self.cache)
        self._overlays[stack.all_requirements] = made
        return made


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnEnvironment:
    """The app's environment, with the versions in it that the user asks for instead of its own."""

    environment: Environment
    folders: tuple[Path, ...] = ()
    """Where these lie; an interpreter is to find them first."""


def overlays() -> Path:
    """Where overlays are kept from one command to the next."""
    return cache() / "overlays"


def own_environment(hosting: Hosting, cache: Path) -> OwnEnvironment:
    """Find it, and install what is asked for beside it. Raises StageError where that is not to be had."""
    theirs = environment.existing(Path(hosting.python))
    if not hosting.requirements:
        return OwnEnvironment(environment=theirs)
    made = overlay.changed(hosting.requirements, over=theirs, cache=cache)
    return OwnEnvironment(environment=made.environment, folders=() if made.folder is None else (made.folder,))


def what_to_load(hosting: Hosting, workspace: Workspace) -> str:
    """The app, as the programs in ``targets/host`` read it."""
    return json.dumps(
        {
            "app": hosting.app,
            "folder": hosting.folder,
            "modules": hosting.app_dir,
            "factory": hosting.factory,
            "interface": hosting.interface,
            "counted": hosting.count,
            "hidden": [str(workspace.targets)],
        }
    )


def app_environment(hosting: Hosting, *, python_path: Iterable[Path] = ()) -> dict[str, str]:
    """The variables of any program of the app: what is inherited, cleaned, with its own on top.

    A ``PYTHONPATH`` that the user has set is the app's, too; what stacklab adds comes before it. Byte code goes into
    our cache: the folder and the environment of the app stay as they are.
    """
    own = [Path(entry) for entry in os.environ.get("PYTHONPATH", "").split(":") if entry]
    python = Path(hosting.python)
    return {
        **python_environment(python, python_path=(*python_path, *own), inherited=os.environ),
        "PYTHONPYCACHEPREFIX": str(cache() / "bytecode"),
        **hosting.env,
    }


def run_command(command: str, hosting: Hosting, python_path: Iterable[Path] = ()) -> None:
    """Run one of the user's commands in the folder and the environment of the app. Raises StageError if it fails."""
    words = [word.replace("{python}", hosting.python) for word in shlex.split(command)]
    try:
        finished = run(
            words, timeout_s=COMMAND_S, cwd=Path(hosting.folder), env=app_environment(hosting, python_path=python_path)
        )
    except StageError as error:
        raise StageError(f"the command `{command}` cannot be run: {error.reason}") from error
    if finished.returncode != 0:
        last = (finished.output.strip().splitlines() or ["nothing"])[-1]
        raise StageError(f"the command `{command}` ended with exit code {finished.returncode}; it printed: {last}")
