"""The machine as the engine sees it: the one place where the effects are put together."""

import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stacklab.catalog.workspace import PACKAGE, Workspace
from stacklab.effects import clock, environment, pyspy, ready, usage, verify
from stacklab.effects import port as ports
from stacklab.effects.load import Driver
from stacklab.effects.process import Child, Supervisor
from stacklab.engine import Server
from stacklab.errors import StageError, UsageError
from stacklab.model.contract import Exchange
from stacklab.model.order import Order
from stacklab.model.record import DriverReport, Phase, PhaseSpan, Profile, ServerFacts
from stacklab.model.scenario import Scenario
from stacklab.model.serving import server_environment
from stacklab.model.stack import Stack
from stacklab.store.journal import keep_freeze, keep_rows, keep_usage
from stacklab.units import NS_PER_S, Nanoseconds, Seconds

VERSION = re.compile(r"\d+(\.\d+)*t?")
"""``3.13`` or ``3.14t``: an interpreter meant by its version."""
LOOPBACK = "127.0.0.1"
BOOT_ATTEMPTS = 3
"""A free port can be taken by another program before the server binds it."""
GRACE_S = 30.0
"""How much longer than its schedule the driver may take before it counts as mute."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Implements ``engine.World`` on this host."""

    workspace: Workspace
    supervisor: Supervisor
    folder: Path
    """For raw rows and for the working folder of the servers; gone when the command ends."""
    cache: Path
    """Where environments are kept from one command to the next."""
    python: str | None
    """An interpreter to use instead of environments of our own, or a version to build them with."""
    server_cpus: tuple[int, ...]
    driver_cpus: tuple[int, ...]
    port: int | None = None
    """A fixed port for every server, or None for a free one each time."""
    _provided: dict[str, environment.Environment | StageError] = field(default_factory=dict)
    _children: dict[int, Child] = field(default_factory=dict)

    def utc_now(self) -> str:
        """The time of day, ISO 8601."""
        return clock.utc_now()

    def now_ns(self) -> Nanoseconds:
        """CLOCK_MONOTONIC."""
        return clock.now_ns()

    def provide(self, stack: Stack) -> None:
        """Make the environment of a stack, or find it made; a stack that has none fails each time with the reason."""
        if stack.name not in self._provided:
            try:
                self._provided[stack.name] = self._environment(stack.requirements)
            except UsageError as error:
                self._provided[stack.name] = StageError(str(error))
        provided = self._provided[stack.name]
        if isinstance(provided, StageError):
            raise provided

    def _environment(self, requirements: Sequence[str]) -> environment.Environment:
        """The user's own where an interpreter was named by its path, else one of ours from the cache."""
        if self.python is None:
            return environment.provide(requirements, python=None, cache=self.cache)
        if not VERSION.fullmatch(self.python):
            return environment.existing(Path(self.python))
        found = shutil.which(f"python{self.python}")
        if found is None:
            raise UsageError(f"there is no python{self.python} on PATH; name an interpreter by its path with --python")
        return environment.provide(requirements, python=Path(found), cache=self.cache)

    def environment_of(self, stack: Stack) -> environment.Environment:
        """The environment that ``provide`` has made. Raises ``StageError`` where it could not."""
        self.provide(stack)
        provided = self._provided[stack.name]
        if isinstance(provided, StageError):
            raise provided
        return provided

    @contextmanager
    def summon(self, scenario: Scenario, folder: Path) -> Iterator[Driver]:
        """Start locust; it gets ready while the server boots, and ends with the block."""
        with Driver.start(
            self.supervisor,
            locustfile=self.workspace.users / f"{scenario.user}.py",
            log=folder / "driver.log",
            users=scenario.users,
            cpus=self.driver_cpus,
        ) as driver:
            yield driver

    @contextmanager
    def boot(self, stack: Stack, first: Exchange, folder: Path) -> Iterator[Server]:
        """Start the server and wait for its first verified answer; its whole tree ends with the block."""
        made = self.environment_of(stack)
        keep_freeze(folder, made.packages)
        child, number, boot_s = self._first_answer(stack, made, first, folder / "server.log")
        server = Server(
            host=LOOPBACK,
            port=number,
            pid=child.pid,
            facts=ServerFacts(
                argv=stack.argv,
                python=made.implementation,
                packages=made.packages,
                cpus=self.server_cpus,
                boot_s=boot_s,
            ),
        )
        self._children[server.pid] = child
        try:
            yield server
        finally:
            child.stop()

    def _first_answer(
        self, stack: Stack, made: environment.Environment, first: Exchange, log: Path
    ) -> tuple[Child, int, Seconds]:
        """Boot until the port was ours. Gives the server, its port, and the time to its first verified answer."""
        for attempt in range(1, BOOT_ATTEMPTS + 1):
            if self.port is not None and ports.is_taken(LOOPBACK, self.port):
                raise StageError(f"port {self.port} is already taken; choose another with --port, or leave it out")
            number = self.port or ports.free_port(LOOPBACK)
            start_ns = clock.now_ns()
            child = self.supervisor.spawn(
                stack.command(python=str(made.python), host=LOOPBACK, port=number),
                name=stack.name,
                log=log,
                cwd=self.folder,
                env=server_environment(
                    stack, made.python, python_path=self.workspace.python_path, inherited=os.environ
                ),
                cpus=self.server_cpus,
            )
            try:
                ready.first_answer(child, LOOPBACK, number, first, deadline_s=stack.boot_s)
            except StageError as error:
                child.stop()
                if not error.address_in_use or attempt == BOOT_ATTEMPTS or self.port is not None:
                    raise
            except BaseException:
                child.stop()
                raise
            else:
                return child, number, (clock.now_ns() - start_ns) / NS_PER_S
        raise AssertionError("the last attempt returns or raises")

    def breaches(self, server: Server, asked: Iterable[Exchange]) -> tuple[str, ...]:
        """Ask over the wire; every breach of the contract as a sentence."""
        self._insist_alive(server)
        return verify.breaches_over_the_wire(server.host, server.port, tuple(asked))

    def served(self, server: Server, workers: int) -> Mapping[int, int] | None:
        """Requests that each worker has counted so far, by its process id; None if the app cannot count."""
        return verify.served(server.host, server.port, workers=workers)

    def served_since(self, server: Server, before: Mapping[int, int]) -> Mapping[int, int] | None:
        """Requests that each worker has counted since then, this question left out."""
        self._insist_alive(server)
        return verify.served_since(server.host, server.port, before)

    def places(self) -> Mapping[str, str]:
        """The folders of this machine that a log may name, and a word for each."""
        environments = [made for made in self._provided.values() if isinstance(made, environment.Environment)]
        return {
            str(Path.home()): "<home>",
            str(self.workspace.targets.parent): "<workspace>",
            str(self.folder): "<scratch>",
            sys.prefix: "<harness>",
            sys.base_prefix: "<python>",
            str(PACKAGE.parent): "<stacklab>",
            **{made.base: "<python>" for made in environments},
            **{str(made.python.parent.parent): "<environment>" for made in environments},
            f"] {socket.gethostname().partition('.')[0]}/": "] ",  # how locust begins each line of its log
        }

    def scratch(self) -> tuple[str, str]:
        """Paths for the raw rows and the report of one order, outside the session."""
        return str(self.folder / "rows.npy"), str(self.folder / "report.json")

    def drive(self, driver: Driver, server: Server, order: Order, folder: Path) -> DriverReport:
        """Send the load while watching both process trees; leave rows and usage in the folder."""
        with usage.Watch(server.pid, driver.pid) as watch:

            def look_at_the_window(spans: tuple[PhaseSpan, ...]) -> None:
                for span in spans:
                    if span.phase is Phase.MEASURE:
                        watch.look_at(span.start_ns)
                        watch.look_at(span.end_ns, pss=True)

            report = self._drive(driver, order, on_spans=look_at_the_window)
        keep_usage(folder, watch.rows())
        keep_rows(folder, raw=Path(order.rows_path), endpoints=(shot.endpoint for shot in order.shots))
        return report

    def sample(self, driver: Driver, server: Server, order: Order, profile: Profile, folder: Path) -> None:
        """Send the load while py-spy samples every process of the server."""
        with ThreadPoolExecutor(max_workers=1) as beside:
            sampling: list[Future[None]] = []

            def start_sampling(_: tuple[PhaseSpan, ...]) -> None:
                sampling.append(
                    beside.submit(
                        pyspy.record,
                        server.pid,
                        seconds=profile.seconds,
                        rate=profile.rate_hz,
                        out=folder / "speedscope.json",
                        supervisor=self.supervisor,
                        log=folder / "profiler.log",
                    )
                )

            self._drive(driver, order, on_spans=start_sampling)
            for future in sampling:
                future.result()

    def _drive(
        self, driver: Driver, order: Order, *, on_spans: Callable[[tuple[PhaseSpan, ...]], None]
    ) -> DriverReport:
        limit_s = order.warmup_s + order.measure_s + order.drain_s + order.timeout_s + GRACE_S
        return driver.drive(order, self.folder / "order.json", on_spans=on_spans, deadline_s=limit_s)

    def _insist_alive(self, server: Server) -> None:
        child = self._children[server.pid]
        code = child.returncode()
        if code is not None:
            raise StageError(f"the server died under load with exit code {code}", log_tail=child.tail())
