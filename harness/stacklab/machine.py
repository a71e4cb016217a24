"""The machine as the engine sees it: the one place where the effects are put together."""

import os
import socket
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import ClassVar, TypeAlias
from urllib.parse import unquote, urlsplit

from stacklab.catalog.requirements import pinned
from stacklab.catalog.workspace import PACKAGE, Workspace
from stacklab.effects import clock, profiler
from stacklab.effects.backends.backend import Backends
from stacklab.effects.backends.delays import DelayService
from stacklab.effects.driver import Driver
from stacklab.effects.environments import environment, interpreter
from stacklab.effects.machine import sampler
from stacklab.effects.processes.program import run_to_its_end
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.effects.wire import port as ports
from stacklab.effects.wire import ready, verify
from stacklab.effects.wire.gil import turned_on_by
from stacklab.engine.world import EndedProgram, Server
from stacklab.errors import StageError, UsageError
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.record import BackendCount, DriverReport, Gil, Phase, PhaseSpan, Profile, ServerFacts
from stacklab.model.serving import python_environment, server_environment
from stacklab.model.stack import VERSION, Stack
from stacklab.model.traffic.contract import Backend
from stacklab.model.traffic.exchange import Exchange
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.scenario import Scenario
from stacklab.store.journal import keep_chunks, keep_freeze, keep_rows, keep_usage
from stacklab.store.program_output import PRINTED, keep_printed
from stacklab.units import NS_PER_S, Nanoseconds, Seconds

LOOPBACK = "127.0.0.1"
BOOT_ATTEMPTS = 3
"""A free port can be taken by another program before the server binds it."""
GRACE_S = 30.0
"""How much longer than its schedule the driver may take before it counts as mute."""


_What: TypeAlias = tuple[tuple[str, ...], str | None]
"""Requirements, and the interpreter that was asked for."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Implements ``engine.World`` on this host."""

    count: ClassVar[Exchange] = verify.COUNT
    """What an app is asked for how many requests have reached it."""
    workspace: Workspace
    supervisor: Supervisor
    folder: Path
    """For raw rows and for the working folder of the servers; gone when the command ends."""
    cache: Path
    """Where environments are kept from one command to the next."""
    python: str | None
    """An interpreter by its path or version, for whatever names none of its own; None: the harness's."""
    interpreters: Mapping[str, Path]
    """By the words that a plan has for them: those whose environments are used as they are."""
    sources: Mapping[str, str]
    """By what a plan keeps of them: where requirements come from that it may not name."""
    server_cpus: tuple[int, ...]
    driver_cpus: tuple[int, ...]
    backends: Backends
    port: int | None = None
    """A fixed port for every server, or None for a free one each time."""
    _provided: dict[_What, environment.Environment | StageError] = field(default_factory=dict)
    _children: dict[int, Child] = field(default_factory=dict)

    def utc_now(self) -> str:
        """The time of day, ISO 8601."""
        return clock.utc_now()

    def now_ns(self) -> Nanoseconds:
        """CLOCK_MONOTONIC."""
        return clock.now_ns()

    def provide(self, stack: Stack) -> None:
        """Make the environment of a stack, or find it made; a stack that has none fails each time with the reason."""
        self.environment_of(stack)

    def environment_of(self, stack: Stack) -> environment.Environment:
        """The environment that ``provide`` has made. Raises ``StageError`` where it could not."""
        return self._once((stack.all_requirements, stack.python), partial(self._environment, stack))

    def provide_program(self, arm: ProgramArm) -> None:
        """Make the environment of a program, or find it made; one that has none fails each time with the reason."""
        self._environment_of_program(arm)

    def _environment_of_program(self, arm: ProgramArm) -> environment.Environment:
        python = arm.python or self.python
        return self._once((arm.requirements, python), partial(self._make, arm.requirements, python=python))

    def _once(self, key: _What, make: Callable[[], environment.Environment]) -> environment.Environment:
        """What was made before, or why it could not be."""
        if key not in self._provided:
            try:
                self._provided[key] = make()
            except UsageError as error:
                self._provided[key] = StageError(str(error))
        provided = self._provided[key]
        if isinstance(provided, StageError):
            raise provided
        return provided

    def _environment(self, stack: Stack) -> environment.Environment:
        return self._make(stack.all_requirements, python=stack.python or self.python)

    def _make(self, requirements: Sequence[str], *, python: str | None) -> environment.Environment:
        """The user's own where an interpreter was named by its path, else one of ours.

        One that may hold something else tomorrow (a branch, a folder, the newest version) is made for this command.
        """
        if python is not None and not VERSION.fullmatch(python):
            return environment.existing(self.interpreters.get(python, Path(python)))
        return environment.provide(
            [self._placed(requirement) for requirement in requirements],
            python=None if python is None else interpreter.find(python),
            cache=self.cache if all(map(pinned, requirements)) else self.folder / "environments",
        )

    def _placed(self, requirement: str) -> str:
        """The requirement with the place that a plan does not name."""
        name, at, url = requirement.partition(" @ ")
        return f"{name}{at}{self.sources.get(url, url)}"

    def start_backends(self, backends: Collection[Backend], scenario: Scenario) -> None:
        """Have these backends run, as the scenario wants them."""
        for backend in backends:
            service = self.backends.require(backend)
            if isinstance(service, DelayService):
                service.allow(scenario.backend_jobs)

    def backend_count(self, backend: Backend) -> BackendCount | None:
        """What a backend has counted so far, with no server running; None where it does not say."""
        return self.backends.count(backend)

    def backend_program(self, backend: Backend) -> str:
        """What a backend is, in words."""
        return self.backends.program(backend)

    @contextmanager
    def start_driver(self, scenario: Scenario, folder: Path) -> Iterator[Driver]:
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
                argv=stack.template,
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
                self._command(stack, made, number),
                name=stack.name,
                log=log,
                cwd=self.folder,
                env=self._variables(stack, made),
                cpus=self.server_cpus,
            )
            try:
                ready.first_response(child, LOOPBACK, number, first, deadline_s=stack.boot_s)
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

    def _command(self, stack: Stack, made: environment.Environment, number: int) -> tuple[str, ...]:
        """The command line of the server."""
        return stack.command(python=str(made.python), host=LOOPBACK, port=number)

    def _variables(self, stack: Stack, made: environment.Environment) -> dict[str, str]:
        """The environment variables of the server."""
        return server_environment(
            stack,
            made.python,
            python_path=self.workspace.python_path,
            inherited=os.environ,
            backends=self.backends.variables,
        )

    def mismatches(self, server: Server, asked: Iterable[Exchange]) -> tuple[str, ...]:
        """Ask over the wire; every breach of the contract as a sentence."""
        return self.verify(server, asked).mismatches

    def verify(self, server: Server, asked: Iterable[Exchange]) -> verify.Verification:
        """Ask over the wire; what breaks the contract, and what is different as the stack declares it."""
        self._insist_alive(server)
        return verify.check(server.host, server.port, asked)

    def miscounts(self, server: Server, asked: Iterable[Exchange]) -> tuple[str, ...]:
        """Ask everything again, and name the requests that the app does not count once."""
        return verify.miscounts(server.host, server.port, asked)

    def served(self, server: Server, workers: int) -> Mapping[int, int] | None:
        """Requests that each worker has counted so far, by its process id; None if the app cannot count."""
        return verify.served(server.host, server.port, workers=workers, count=self.count)

    def served_since(self, server: Server, before: Mapping[int, int]) -> Mapping[int, int] | None:
        """Requests that each worker has counted since then, this question left out."""
        self._insist_alive(server)
        return verify.served_since(server.host, server.port, before, count=self.count)

    def gil(self, server: Server) -> Gil | None:
        """What a worker says of the GIL; None where there is none to ask about."""
        is_on = verify.gil(server.host, server.port, count=self.count)
        if is_on is None:
            return None
        blamed = is_on and server.facts.free_threaded
        return Gil(on=is_on, turned_on_by=turned_on_by(self._children[server.pid].log) if blamed else None)

    def run_program(self, arm: ProgramArm, *, seed: int, folder: Path) -> EndedProgram:
        """Run a program to its end while watching it; leave rows, usage and log in the folder."""
        made = self._environment_of_program(arm)
        program = self.workspace.programs / arm.program
        ended = run_to_its_end(
            (str(made.python), str(program), *arm.arguments(seed)),
            supervisor=self.supervisor,
            log=folder / PRINTED,
            cwd=self.folder,
            env=python_environment(made.python, python_path=(program.parent,), inherited=os.environ),
            cpus=self.server_cpus,
            deadline_s=arm.deadline_s,
        )
        keep_usage(folder, ended.looks)
        said = keep_printed(folder)
        return EndedProgram(
            returncode=ended.returncode,
            said=said[-20:],
            python=made.implementation,
            packages=made.packages,
            cpus=self.server_cpus,
            took_s=ended.took_s,
        )

    def redactions(self) -> Mapping[str, str]:
        """The folders of this machine that a log may name, and a word for each."""
        environments = [made for made in self._provided.values() if isinstance(made, environment.Environment)]
        return {
            str(Path.home()): "<home>",
            str(self.workspace.targets.parent): "<workspace>",
            str(self.folder): "<scratch>",
            str(self.backends.cache): "<cache>",
            sys.prefix: "<harness>",
            sys.base_prefix: "<python>",
            str(PACKAGE.parent): "<stacklab>",
            **dict.fromkeys(self.backends.secrets, "<backend>"),
            **{made.base: "<python>" for made in environments},
            **{str(made.python.parent.parent): "<environment>" for made in environments},
            **{unquote(urlsplit(url).path): "<source>" for url in self.sources.values()},
            f"] {socket.gethostname().partition('.')[0]}/": "] ",  # how locust begins each line of its log
        }

    def scratch_paths(self) -> tuple[str, str]:
        """Paths for the raw rows and the report of one order, outside the session."""
        return str(self.folder / "rows.npy"), str(self.folder / "report.json")

    def drive(self, driver: Driver, server: Server, order: Order, folder: Path) -> DriverReport:
        """Send the load while watching both process trees; leave rows and usage in the folder."""
        with sampler.UsageSampler(server.pid, driver.pid, backends=self.backends.pids) as watch:

            def sample_the_window(spans: tuple[PhaseSpan, ...]) -> None:
                for span in spans:
                    if span.phase is Phase.MEASURE:
                        watch.sample_at(span.start_ns)
                        watch.sample_at(span.end_ns, pss=True)

            report = self._drive(driver, order, on_spans=sample_the_window)
        keep_usage(folder, watch.rows())
        keep_rows(folder, raw=Path(order.rows_path), endpoints=(shot.endpoint for shot in order.shots))
        if order.has_chunks:
            keep_chunks(folder, raw=Path(order.chunks_path), rows=Path(order.rows_path))
        return report

    def profile(self, driver: Driver, server: Server, order: Order, profile: Profile, folder: Path) -> None:
        """Send the load while py-spy samples every process of the server."""
        with ThreadPoolExecutor(max_workers=1) as beside:
            sampling: list[Future[None]] = []

            def start_sampling(_: tuple[PhaseSpan, ...]) -> None:
                sampling.append(
                    beside.submit(
                        profiler.record,
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
        limit_s = order.warmup_at_most_s + order.measure_s + order.drain_s + order.timeout_s + GRACE_S
        return driver.drive(order, self.folder / "order.json", on_spans=on_spans, deadline_s=limit_s)

    def _insist_alive(self, server: Server) -> None:
        child = self._children[server.pid]
        code = child.returncode()
        if code is not None:
            raise StageError(f"the server died under load with exit code {code}", log_tail=child.tail())
