"""The machine where what is served is an app of the user's own.

Its environment is the user's with the server laid over it, its folder and its variables are the app's, and what is
withheld from the session is filled in on the way out. Everything else is as for any other stack.
"""

import json
import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Final

from stacklab.catalog.workspace import Workspace
from stacklab.effects.driver import Driver
from stacklab.effects.environments import environment, overlay
from stacklab.effects.environments.folders import cache
from stacklab.effects.processes.supervisor import run
from stacklab.effects.wire import verify
from stacklab.effects.wire.http import HttpClient
from stacklab.effects.wire.ready import REASON
from stacklab.engine.world import Server
from stacklab.errors import StageError, UsageError
from stacklab.machine import Machine
from stacklab.model.own_app import Hosting
from stacklab.model.record import DriverReport, Gil
from stacklab.model.secrets import filled
from stacklab.model.serving import python_environment
from stacklab.model.stack import Stack
from stacklab.model.traffic.exchange import Exchange, Response
from stacklab.model.traffic.order import Order
from stacklab.units import Seconds

ASKED: Final = "STACKLAB_APP"
"""The variable in which ``targets/host/stacklab_app.py`` finds what it is to load."""

HOSTED: Final = "stacklab_host:app"
"""What servers are told to serve: the app, with its requests counted."""

LAST_WORDS_S: Final[Seconds] = 0.3
"""Between a connection that ends and the exit code of the server that ended it."""

COMMAND_S: Final[Seconds] = 300.0
"""How long a command of the user's may take."""


@dataclass(frozen=True, kw_only=True)
class HostingMachine(Machine):
    """Implements ``engine.World`` for an app of the user's own."""

    count: ClassVar[Exchange] = Exchange(summary="count", target="/.stacklab/count")
    hosting: Hosting
    _theirs: list[environment.Environment] = field(default_factory=list)
    """The user's environment, once it was asked for."""
    _overlays: dict[tuple[str, ...], overlay.Overlay] = field(default_factory=dict)
    """By the requirements of the server."""

    def overlay_of(self, stack: Stack) -> overlay.Overlay:
        """The user's environment with this server laid over it. Raises ``StageError`` where that cannot be."""
        self.provide(stack)
        return self._overlays[stack.all_requirements]

    def ask(self, server: Server, exchange: Exchange, *, timeout_s: Seconds) -> Response:
        """What the app answers. Raises ``NoAnswer`` with the reason."""
        with HttpClient(server.host, server.port, timeout_s=timeout_s) as client:
            return client.send(self._filled(exchange))

    def blame(self, server: Server) -> str:
        """The last error in the server's log, or how the server ended, as the end of a sentence; often nothing."""
        child = self._children[server.pid]
        code = child.wait(LAST_WORDS_S)
        reasons = [line.strip() for line in child.tail() if REASON.search(line)]
        ended = "" if code is None else f"; the server ended with exit code {code}"
        return ended + "; its log says: ".join(("", *reasons[-1:]))

    @contextmanager
    def boot(self, stack: Stack, first: Exchange, folder: Path) -> Iterator[Server]:
        """Run the commands that come before, start the server, and wait for its first verified answer."""
        for command in self.hosting.before_boot:
            try:
                run_command(command, self.hosting)
            except UsageError as error:
                raise StageError(str(error)) from error
        with super().boot(stack, self._filled(first), folder) as server:
            yield server

    def verify(self, server: Server, asked: Iterable[Exchange]) -> verify.Verification:
        """Ask over the wire; what differs from what was recorded."""
        return super().verify(server, map(self._filled, asked))

    def served(self, server: Server, workers: int) -> Mapping[int, int] | None:
        """Requests that each worker has counted so far; None where they are not counted."""
        return super().served(server, workers) if self.hosting.count else None

    def gil(self, server: Server) -> Gil | None:
        """What a worker says of the GIL, where its requests are counted."""
        return super().gil(server) if self.hosting.count else None

    def redactions(self) -> Mapping[str, str]:
        """The folders of this machine that a log may name, and a word for each."""
        overlays = {str(one.folder): "<server>" for one in self._overlays.values() if one.folder is not None}
        own = {self.hosting.folder: "<app>", self.hosting.app_dir: "<app>"}
        return {**super().redactions(), **own, **overlays}

    def _environment(self, stack: Stack) -> environment.Environment:
        """The user's, under an overlay that holds what the server needs beside it."""
        if not self._theirs:
            self._theirs.append(environment.existing(Path(self.hosting.python)))
        made = overlay.provide(stack.all_requirements, over=self._theirs[0], cache=self.cache.parent / "overlays")
        self._overlays[stack.all_requirements] = made
        return made.environment

    def _command(self, stack: Stack, made: environment.Environment, number: int) -> tuple[str, ...]:
        """The command line of the server, which is given the app by the name of what stands around it."""
        return super()._command(replace(stack, app=HOSTED), made, number)

    def _variables(self, stack: Stack, made: environment.Environment) -> dict[str, str]:  # noqa: ARG002 (it is known)
        """The environment variables of the server: the app's are among them."""
        added = self._overlays[stack.all_requirements].folder
        path = (self.workspace.host, self.workspace.targets, *(() if added is None else (added,)))
        return {
            **app_environment(self.hosting, python_path=path),
            ASKED: asked(self.hosting, self.workspace),
            **stack.env,
        }

    def _drive(self, driver: Driver, order: Order, *, on_spans: Any) -> DriverReport:
        """Send the load, with what is withheld from the session in its requests."""
        secrets = self.hosting.secrets
        shots = (
            replace(
                shot,
                target=filled(shot.target, secrets),
                headers={name: filled(value, secrets) for name, value in shot.headers.items()},
                body=filled(shot.body, secrets),
            )
            for shot in order.shots
        )
        return super()._drive(driver, replace(order, shots=tuple(shots)), on_spans=on_spans)

    def _filled(self, exchange: Exchange) -> Exchange:
        secrets = self.hosting.secrets
        return replace(
            exchange,
            target=filled(exchange.target, secrets),
            headers={name: filled(value, secrets) for name, value in exchange.headers.items()},
            sends=filled(exchange.sends.decode(), secrets).encode(),
        )


def asked(hosting: Hosting, workspace: Workspace) -> str:
    """What the programs in ``targets/host`` are to load, as they read it."""
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
    """The variables of any program of the app's: what is inherited, cleaned, with its own on top.

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


def run_command(command: str, hosting: Hosting) -> None:
    """Run a command of the user's in the folder and the environment of the app. Raises UsageError if it fails."""
    words = [word.replace("{python}", hosting.python) for word in shlex.split(command)]
    try:
        finished = run(words, timeout_s=COMMAND_S, cwd=Path(hosting.folder), env=app_environment(hosting))
    except StageError as error:
        raise UsageError(f"the command `{command}` cannot be run: {error.reason}") from error
    if finished.returncode != 0:
        last = (finished.output.strip().splitlines() or ["nothing"])[-1]
        raise UsageError(f"the command `{command}` ended with exit code {finished.returncode}; it printed: {last}")
