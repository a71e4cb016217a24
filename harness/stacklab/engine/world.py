"""Everything that touches the machine, as the engine sees it: one protocol, with real effects or with fakes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from stacklab.model.claims.arm import ProgramArm
from stacklab.model.measured.profile import Profile, Sampled
from stacklab.model.measured.record import BackendCount, DriverReport, Gil, ServerFacts
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import Backend
from stacklab.model.traffic.exchange import Exchange
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.scenario import Scenario
from stacklab.model.traffic.slices import SlicedOrder
from stacklab.units import Nanoseconds, Seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A server that has given its first verified response."""

    host: str
    port: int
    pid: int
    facts: ServerFacts


@dataclass(frozen=True, kw_only=True, slots=True)
class EndedProgram:
    """A program of a claim that has ended by itself."""

    returncode: int
    said: tuple[str, ...]
    """The last lines that were no rows."""
    python: str
    packages: Mapping[str, str]
    cpus: tuple[int, ...]
    took_s: Seconds


DriverT = TypeVar("DriverT")


class World(Protocol[DriverT]):
    """Everything that touches the machine. Methods raise ``StageError`` for what fails a cell."""

    @property
    def driver_cpus(self) -> tuple[int, ...]:
        """Where the driver runs."""

    def utc_now(self) -> str:
        """The time of day, ISO 8601."""

    def now_ns(self) -> Nanoseconds:
        """CLOCK_MONOTONIC."""

    def provide(self, stack: Stack) -> None:
        """Make the environment of a stack, or find it made."""

    def start_backends(self, backends: Collection[Backend], scenario: Scenario) -> None:
        """Have these backends run, as the scenario wants them."""

    def backend_count(self, backend: Backend) -> BackendCount | None:
        """What a backend has counted so far, with no server running; None where it does not say."""

    def backend_program(self, backend: Backend) -> str:
        """What a backend is, in words."""

    def start_driver(self, scenario: Scenario, folder: Path) -> AbstractContextManager[DriverT]:
        """Start the driver; it gets ready while the server boots, and ends with the block."""

    def boot(
        self, stack: Stack, first: Exchange, folder: Path, *, variables: Mapping[str, str] | None = None
    ) -> AbstractContextManager[Server]:
        """Start the server and wait for its first verified response; its whole tree ends with the block.

        Its environment has these variables too, where it does not set them itself.
        """

    def begin_to_stop(self, server: Server) -> None:
        """Tell the server to end, and do not wait for it: of several, all do so side by side."""

    def mismatches(self, server: Server, exchanges: Iterable[Exchange]) -> tuple[str, ...]:
        """Send every request; each way in which a response breaks the contract, as a sentence."""

    def served(self, server: Server, workers: int) -> Mapping[int, int] | None:
        """Requests that each worker has counted so far, by its process id; None if the app does not count."""

    def served_since(self, server: Server, before: Mapping[int, int]) -> Mapping[int, int] | None:
        """Requests that each worker has counted since then, the one for the count left out."""

    def gil(self, server: Server) -> Gil | None:
        """What a worker says of the GIL; None where there is none to ask about."""

    def drive(self, driver: DriverT, server: Server, order: Order, folder: Path) -> DriverReport:
        """Send the load while watching both process trees; leave rows and usage in the folder."""

    def interleave(
        self, driver: DriverT, servers: Sequence[Server], sliced: SlicedOrder, folders: Sequence[Path]
    ) -> Sequence[DriverReport]:
        """Send the load to the servers in turn while sampling usage; leave rows, slices and usage in each's folder."""

    def slice_paths(self, index: int) -> tuple[str, str]:
        """Paths for the raw rows and the slices of one of several servers, outside the session."""

    def profile(self, driver: DriverT, server: Server, order: Order, profile: Profile, folder: Path) -> Sampled:
        """Send the load while the profiler samples every process of the server; leave its samples in the folder."""

    def provide_program(self, arm: ProgramArm) -> None:
        """Make the environment of a program, or find it made."""

    def run_program(self, arm: ProgramArm, *, seed: int, folder: Path) -> EndedProgram:
        """Run a program to its end while watching it; leave rows, usage and log in the folder."""

    def redactions(self) -> Mapping[str, str]:
        """The folders of this machine that a log may name, and a word for each."""

    def scratch_paths(self) -> tuple[str, str]:
        """Paths for the raw rows and the report of one order, outside the session."""
