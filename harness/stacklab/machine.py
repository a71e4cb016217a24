"""The machine as the engine sees it: the one place where the effects are put together."""

import os
import socket
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from stacklab.catalog.server_options import ServerOption, fitted
from stacklab.catalog.workspace import PACKAGE, Workspace
from stacklab.counted import CallgrindCounter, CountedConnection, counting
from stacklab.effects import callgrind, clock
from stacklab.effects.backends.backend import Backends
from stacklab.effects.backends.delays import DelayService
from stacklab.effects.driver import Driver
from stacklab.effects.environments.folders import scratch
from stacklab.effects.machine.counter import ProcessorCounter
from stacklab.effects.machine.sampler import UsageSampler
from stacklab.effects.processes.program import run_to_its_end
from stacklab.effects.processes.supervisor import Child, Supervisor, without_randomisation
from stacklab.effects.wire import ready, verify
from stacklab.effects.wire.http import send
from stacklab.effects.wire.ready import LOOPBACK
from stacklab.engine.world import EndedProgram, Server
from stacklab.environments import EnvironmentStrategy
from stacklab.errors import StageError
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.measured.counting import CountSource
from stacklab.model.measured.profile import Profile, Sampled, why_unprofiled
from stacklab.model.measured.record import BackendCount, DriverReport, Gil, Phase, PhaseSpan, Role, ServerFacts
from stacklab.model.secrets import worth_hiding
from stacklab.model.server_log import REASON
from stacklab.model.serving import python_environment
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import Backend
from stacklab.model.traffic.exchange import Exchange, Response
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.scenario import Scenario
from stacklab.model.traffic.slices import SlicedOrder
from stacklab.procfs import tree
from stacklab.profiled import Profiled, take_profile
from stacklab.store.journal import keep_chunks, keep_freeze, keep_rows, keep_slices, keep_usage
from stacklab.store.program_output import PRINTED, keep_printed
from stacklab.units import NS_PER_S, Nanoseconds, Seconds

BOOT_ATTEMPTS: Final = 3
"""A free port can be taken by another program before the server binds it."""

LAST_WORDS_S: Final[Seconds] = 0.3
"""Between a connection that ends and the exit code of the server that ended it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Around:
    """What is around a server that is not simply started."""

    prefix: tuple[str, ...] = ()
    """Stands before its command line."""
    variables: Mapping[str, str] = field(default_factory=dict)
    unless_set: Mapping[str, str] = field(default_factory=dict)
    """More variables, of which those of the stack win."""
    slower: float = 1.0
    """How many times as long it may take to boot."""
    cpus: tuple[int, ...] = ()
    """Where it runs, if not where servers do."""
    log: str = "server.log"


@dataclass(kw_only=True, eq=False)
class Machine:
    """Implements ``engine.World`` on this host. What a server runs in is for its ``environments`` to say."""

    workspace: Workspace
    supervisor: Supervisor
    folder: Path
    """For raw rows and for the working folder of the servers; gone when the command ends."""
    environments: EnvironmentStrategy
    server_cpus: tuple[int, ...]
    driver_cpus: tuple[int, ...]
    backends: Backends
    boots_at_once: int = field(init=False)
    """How many servers of ``boot_counted`` may run at the same time."""
    server_options: Sequence[ServerOption] = ()
    """Which versions of servers know which options."""
    port: int | None = None
    """A fixed port for every server, or None for a free one each time."""
    counter: Exchange | None = verify.COUNT
    """The request for the number of requests that have reached an app; None: they are not counted."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """What is sent in place of the words that a plan has for it."""
    _children: dict[int, Child] = field(default_factory=dict)
    _abandoned: bool = False
    _lanes: SimpleQueue[tuple[int, ...]] = field(default_factory=SimpleQueue)
    """Cores on which no counted server runs now."""

    def __post_init__(self) -> None:
        """Counted servers get one core each, where there may be several of them."""
        alone = self.port is not None or self.environments.boots_alone
        cores = sorted({*self.server_cpus, *self.driver_cpus})
        for lane in [self.server_cpus] if alone else [(core,) for core in cores]:
            self._lanes.put(lane)
        self.boots_at_once = self._lanes.qsize()

    def utc_now(self) -> str:
        """The time of day, ISO 8601."""
        return clock.utc_now()

    def now_ns(self) -> Nanoseconds:
        """CLOCK_MONOTONIC."""
        return clock.now_ns()

    def provide(self, stack: Stack) -> None:
        """Make the environment of a stack, or find it made; a stack that has none fails each time with the reason."""
        self.environments.of_stack(stack)

    def provide_program(self, arm: ProgramArm) -> None:
        """Make the environment of a program, or find it made; one that has none fails each time with the reason."""
        self.environments.of_program(arm)

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
    def boot(
        self, stack: Stack, first: Exchange, folder: Path, *, variables: Mapping[str, str] | None = None
    ) -> Iterator[Server]:
        """Start the server and wait for its first verified response; its whole tree ends with the block."""
        with self._booted(stack, first, folder, _Around(unless_set=variables or {})) as server:
            yield server

    @contextmanager
    def boot_counted(
        self, stack: Stack, first: Exchange, folder: Path, *, hash_seed: int, source: CountSource
    ) -> Iterator[CountedConnection]:
        """Start the server where its instructions can be counted, and wait as ``boot`` does.

        Nothing of it is left to chance that can be fixed: hash seed, addresses, and the arenas of malloc.
        """
        under_valgrind = source is CountSource.CALLGRIND
        prefix = without_randomisation()
        with scratch() as dumps, self._lane() as cpus:
            around = _Around(
                prefix=(*prefix, *callgrind.command(dumps)) if under_valgrind else prefix,
                variables={**callgrind.ENVIRONMENT, "PYTHONHASHSEED": str(hash_seed)},
                slower=callgrind.SLOWER if under_valgrind else 1.0,
                cpus=cpus,
                log=f"server-{hash_seed}.log",
            )
            with self._booted(stack, first, folder, around) as server:
                counter = (
                    CallgrindCounter(callgrind.Callgrind(dumps, lambda: tree(server.pid)))
                    if under_valgrind
                    else ProcessorCounter(lambda: tree(server.pid))
                )
                with counting(server, counter, secrets=self.secrets, fixed_addresses=bool(prefix)) as counted:
                    yield counted
                self._children[server.pid].kill()  # it has nothing left to say, and would say it slowly

    @contextmanager
    def _lane(self) -> Iterator[tuple[int, ...]]:
        cpus = self._lanes.get()
        try:
            yield cpus
        finally:
            self._lanes.put(cpus)

    def abandon(self) -> None:
        """Begin to end all servers, those that boot among them, and start no further one."""
        self._abandoned = True
        for child in tuple(self._children.values()):
            child.order_end()

    def begin_to_stop(self, server: Server) -> None:
        """Tell the server to end, and do not wait for it: of several, all do so side by side."""
        self._children[server.pid].order_end()

    def is_free_threaded(self, stack: Stack) -> bool:
        """Whether the interpreter of its environment was built to do without the GIL."""
        return self.environments.of_stack(stack).implementation.endswith("t")

    def count_tool(self, source: CountSource) -> str:
        """What counts, with its version; nothing where the processor does."""
        return callgrind.version() if source is CountSource.CALLGRIND else ""

    @contextmanager
    def _booted(self, stack: Stack, first: Exchange, folder: Path, around: "_Around") -> Iterator[Server]:
        self.environments.before_boot(stack)
        made = self.environments.of_stack(stack)
        keep_freeze(folder, made.packages)
        child, port, boot_s = self._start(stack, first.with_secrets(self.secrets), folder / around.log, around)
        try:
            yield Server(
                host=LOOPBACK,
                port=port,
                pid=child.pid,
                facts=ServerFacts(
                    argv=fitted(stack.template, made.packages, self.server_options).words,
                    python=made.implementation,
                    packages=made.packages,
                    cpus=around.cpus or self.server_cpus,
                    boot_s=boot_s,
                ),
            )
        finally:
            child.stop()

    def _start(self, stack: Stack, first: Exchange, log: Path, around: "_Around") -> tuple[Child, int, Seconds]:
        """Boot until the port was ours. Gives the server, its port, and the time to its first verified response."""
        made = self.environments.of_stack(stack)
        served = self.environments.as_served(stack)
        for attempt in range(1, BOOT_ATTEMPTS + 1):
            if self.port is not None and ready.is_taken(LOOPBACK, self.port):
                raise StageError(f"port {self.port} is already taken; choose another with --port, or leave it out")
            port = self.port or ready.free_port(LOOPBACK)
            command = served.command(python=str(made.python), host=LOOPBACK, port=port)
            start_ns = clock.now_ns()
            child = self.supervisor.spawn(
                (*around.prefix, *fitted(command, made.packages, self.server_options).words),
                name=stack.name,
                log=log,
                cwd=self.folder,
                env={
                    **around.unless_set,
                    **self.environments.variables(stack, backends=self.backends.variables),
                    **around.variables,
                },
                cpus=around.cpus or self.server_cpus,
            )
            self._children[child.pid] = child
            if self._abandoned:
                child.order_end()
            try:
                ready.first_response(child, LOOPBACK, port, first, deadline_s=stack.boot_s * around.slower)
            except StageError as error:
                child.stop()
                if not error.address_in_use or attempt == BOOT_ATTEMPTS or self.port is not None:
                    raise
            except BaseException:
                child.stop()
                raise
            else:
                return child, port, (clock.now_ns() - start_ns) / NS_PER_S
        raise AssertionError("the last attempt returns or raises")

    def changed_options(self, stack: Stack) -> tuple[str, ...]:
        """What the stack's command line lacks here, because the installed server is older than the stack's."""
        return fitted(stack.template, self.environments.of_stack(stack).packages, self.server_options).changes

    def request(self, server: Server, exchange: Exchange, *, timeout_s: Seconds) -> Response:
        """Send one request, and return the response, whatever it is. Raises ``NoResponse`` with the reason."""
        return send(server.host, server.port, exchange.with_secrets(self.secrets), timeout_s=timeout_s)

    def blame(self, server: Server) -> str:
        """The last error in the server's log, or how the server ended, as the end of a sentence; often nothing."""
        child = self._children[server.pid]
        code = child.wait(LAST_WORDS_S)
        reasons = [line.strip() for line in child.tail() if REASON.search(line)]
        ended = "" if code is None else f"; the server ended with exit code {code}"
        return ended + "; its log says: ".join(("", *reasons[-1:]))

    def mismatches(self, server: Server, exchanges: Iterable[Exchange]) -> tuple[str, ...]:
        """Send every request; each way in which a response breaks the contract, as a sentence."""
        return self.verify(server, exchanges).mismatches

    def verify(self, server: Server, exchanges: Iterable[Exchange]) -> verify.Verification:
        """Send every request; what breaks the contract, and what is different as the stack declares it."""
        self._insist_alive(server)
        filled = (exchange.with_secrets(self.secrets) for exchange in exchanges)
        return verify.check(server.host, server.port, filled)

    def miscounts(self, server: Server, exchanges: Iterable[Exchange]) -> tuple[str, ...]:
        """Send every request again, and name those that the app does not count once."""
        return verify.miscounts(server.host, server.port, exchanges)

    def served(self, server: Server, workers: int) -> Mapping[int, int] | None:
        """Requests that each worker has counted so far, by its process id; None if the app does not count."""
        if self.counter is None:
            return None
        return verify.served(server.host, server.port, workers=workers, count=self.counter)

    def served_since(self, server: Server, before: Mapping[int, int]) -> Mapping[int, int] | None:
        """Requests that each worker has counted since then, the one for the count left out."""
        self._insist_alive(server)
        if self.counter is None:
            return None
        return verify.served_since(server.host, server.port, before, count=self.counter)

    def gil(self, server: Server) -> Gil | None:
        """What a worker says of the GIL; None where there is none, or where no request is counted."""
        is_on = None if self.counter is None else verify.gil(server.host, server.port, count=self.counter)
        if is_on is None:
            return None
        blamed = is_on and server.facts.free_threaded
        log = self._children[server.pid].log
        return Gil(on=is_on, turned_on_by=verify.turned_on_by(log) if blamed else None)

    def run_program(self, arm: ProgramArm, *, seed: int, folder: Path) -> EndedProgram:
        """Run a program to its end while sampling its usage; leave rows, usage and log in the folder."""
        made = self.environments.of_program(arm)
        program = self.workspace.programs / arm.program
        returncode, took_s, samples = run_to_its_end(
            (str(made.python), str(program), *arm.arguments(seed)),
            supervisor=self.supervisor,
            log=folder / PRINTED,
            cwd=self.folder,
            env=python_environment(made.python, python_path=(program.parent,), inherited=os.environ),
            cpus=self.server_cpus,
            deadline_s=arm.deadline_s,
        )
        keep_usage(folder, samples)
        said = keep_printed(folder)
        return EndedProgram(
            returncode=returncode,
            said=said[-20:],
            python=made.implementation,
            packages=made.packages,
            cpus=self.server_cpus,
            took_s=took_s,
        )

    def redactions(self) -> Mapping[str, str]:
        """Paths of this machine and secrets that a log may name, and a word for each."""
        return {
            str(Path.home()): "<home>",
            str(self.workspace.targets.parent): "<workspace>",
            str(self.folder): "<scratch>",
            str(self.backends.cache): "<cache>",
            sys.prefix: "<harness>",
            sys.base_prefix: "<python>",
            str(PACKAGE.parent): "<stacklab>",
            **dict.fromkeys(self.backends.secrets, "<backend>"),
            **worth_hiding(self.secrets),
            **self.environments.redactions(),
            f"] {socket.gethostname().partition('.')[0]}/": "] ",  # how locust begins each line of its log
        }

    def scratch_paths(self) -> tuple[str, str]:
        """Paths for the raw rows and the report of one order, outside the session."""
        return str(self.folder / "rows.npy"), str(self.folder / "report.json")

    def drive(self, driver: Driver, server: Server, order: Order, folder: Path) -> DriverReport:
        """Send the load while sampling the usage of both process trees; leave rows and usage in the folder."""
        with UsageSampler(server.pid, driver.pid, backends=self.backends.pids) as sampler:

            def sample_the_window(spans: tuple[PhaseSpan, ...]) -> None:
                for span in spans:
                    if span.phase is Phase.MEASURE:
                        sampler.sample_at(span.start_ns)
                        sampler.sample_at(span.end_ns, pss=True)

            report = self._drive(driver, order, on_spans=sample_the_window)
        keep_usage(folder, sampler.rows())
        keep_rows(folder, raw=Path(order.rows_path), endpoints=report.endpoints or _endpoints(order))
        if order.has_chunks:
            keep_chunks(folder, raw=Path(order.chunks_path), rows=Path(order.rows_path))
        return report

    def slice_paths(self, index: int) -> tuple[str, str]:
        """Paths for the raw rows and the slices of one of several servers, outside the session."""
        return str(self.folder / f"rows-{index}.npy"), str(self.folder / f"slices-{index}.npy")

    def interleave(
        self, driver: Driver, servers: Sequence[Server], sliced: SlicedOrder, folders: Sequence[Path]
    ) -> Sequence[DriverReport]:
        """Send the load to the servers in turn while sampling usage; leave rows, slices and usage in each's folder.

        Samples are taken before the slices and after them: the driver reads what matters at the borders of each, and a
        sample of several servers would keep it waiting for longer than a slice can bear.
        """
        filled = replace(sliced, order=sliced.order.with_secrets(self.secrets))
        with ExitStack() as sampling:
            samplers = [
                sampling.enter_context(UsageSampler(server.pid, driver.pid, backends=self.backends.pids, every_s=None))
                for server in servers
            ]

            def sample(*, pss: bool = False) -> None:
                for sampler in samplers:
                    sampler.sample_at(clock.now_ns(), pss=pss)

            reports = driver.interleave(filled, self.folder / "order.json", on_begin=sample)
            sample(pss=True)
        for index, (target, folder) in enumerate(zip(sliced.targets, folders, strict=True)):
            others = (sampler.rows() for place, sampler in enumerate(samplers) if place != index)
            peers = (replace(row, role=Role.PEER) for rows in others for row in rows if row.role is Role.SERVER)
            samples = sorted((*samplers[index].rows(), *peers), key=lambda row: row.t_ns)
            keep_usage(folder, samples, goes_on=target.goes_on)
            keep_rows(folder, raw=Path(target.rows_path), endpoints=_endpoints(sliced.order))
            keep_slices(folder, raw=Path(target.slices_path))
        return reports

    def profile(self, driver: Driver, server: Server, order: Order, profile: Profile, folder: Path) -> Sampled:
        """Send the load while the profiler samples every process of the server, for a part of the time."""
        reason = why_unprofiled(server.facts.python)
        if reason is not None:
            raise StageError(reason)
        with ThreadPoolExecutor(max_workers=1) as beside:
            sampling: list[Future[Profiled]] = []

            def start_sampling(spans: tuple[PhaseSpan, ...]) -> None:
                measured = next(span for span in spans if span.phase is Phase.MEASURE)
                sampling.append(
                    beside.submit(
                        take_profile,
                        server.pid,
                        profile,
                        measured,
                        folder=folder,
                        supervisor=self.supervisor,
                        cpus=(*self.server_cpus, *self.driver_cpus),  # beside neither alone: it would fall behind
                    )
                )

            self._drive(driver, order, on_spans=start_sampling)
            (profiled,) = (future.result() for future in sampling)
        return profiled.sampled(Path(order.rows_path))

    def _drive(
        self, driver: Driver, order: Order, *, on_spans: Callable[[tuple[PhaseSpan, ...]], None]
    ) -> DriverReport:
        return driver.drive(order.with_secrets(self.secrets), self.folder / "order.json", on_spans=on_spans)

    def _insist_alive(self, server: Server) -> None:
        child = self._children[server.pid]
        code = child.returncode()
        if code is not None:
            raise StageError(f"the server died under load with exit code {code}", log_tail=child.tail())


def _endpoints(order: Order) -> tuple[str, ...]:
    """What the column ``endpoint`` of the raw rows counts."""
    return tuple(shot.endpoint for shot in order.shots)
