"""What is recorded: rows, phases and runs. One immutable record per fact; everything else is derived."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Final, Literal, TypeAlias

from stacklab.model.claims.arm import Levels
from stacklab.model.measured.capacity import Ladder
from stacklab.model.plan import Cell, PlannedRun, ProgramRun
from stacklab.model.traffic.contract import Backend
from stacklab.model.traffic.warmup import WarmupEnd
from stacklab.units import NS_PER_S, Nanoseconds, Seconds


class Phase(IntEnum):
    """The part of a run in which a request was *intended* to start."""

    WARMUP = 0
    MEASURE = 1
    DRAIN = 2


class Outcome(IntEnum):
    """What became of an intended request. Every request has exactly one."""

    OK = 0
    STATUS = 1
    """A response with another status than the expected one."""
    BODY = 2
    """A response with the right status and a wrong or short body."""
    TIMEOUT = 3
    REFUSED = 4
    """No connection could be made."""
    RESET = 5
    """The connection ended before the response was whole, or the response was not HTTP."""
    SHED = 6
    """Never sent, by the overload policy of the scenario."""
    CENSORED = 7
    """Still in flight, or still unsent, when the run ended: its latency is at least what is recorded."""


ANSWERED: Final = (Outcome.OK, Outcome.STATUS, Outcome.BODY)
"""The outcomes in which the server gave a whole response, right or wrong."""


ROW: tuple[tuple[str, str], ...] = (
    ("intended_ns", "<i8"),
    ("sent_ns", "<i8"),
    ("received_ns", "<i8"),
    ("read_ns", "<i8"),
    ("bytes", "<u4"),
    ("connection", "<u4"),
    ("worker", "<u4"),
    ("status", "<u2"),
    ("endpoint", "<u1"),
    ("phase_outcome", "<u1"),
)
"""The driver's raw row: 48 bytes, columns as NumPy types.

Times are CLOCK_MONOTONIC nanoseconds; -1 where there is none (a request that was never sent, a kernel that gives no
receive time). ``read_ns`` is always there: where no response came, it says when that was decided. ``bytes`` counts the
body. ``connection`` numbers the TCP connections of the run from 1, 0 for none. ``endpoint`` is the index of the shot
in the order. ``worker`` is the process id the response named, 0 for none. ``phase_outcome`` holds two numbers, which
``pack_phase_outcome`` puts together and ``phases_of`` and ``outcomes_of`` take apart.
"""


def pack_phase_outcome(phase: Phase, outcome: Outcome) -> int:
    """Put both into the byte of ``ROW``."""
    return phase << 4 | outcome


def phases_of(phase_outcome: Any) -> Any:
    """The phase in a value, or the phases in a column, of ``phase_outcome``."""
    return phase_outcome >> 4


def outcomes_of(phase_outcome: Any) -> Any:
    """The outcome in a value, or the outcomes in a column, of ``phase_outcome``."""
    return phase_outcome & 0x0F


CHUNK: tuple[tuple[str, str], ...] = (
    ("read_ns", "<i8"),
    ("connection", "<u4"),
    ("piece", "<u4"),
)
"""A moment of a response that comes in chunks: 16 bytes, columns as NumPy types.

``piece`` 0 is the first byte of the body, from 1 on it is the end of that chunk. ``read_ns`` is when the segment that
held it was read, CLOCK_MONOTONIC. It belongs to the request that was then under way on TCP connection ``connection``.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseSpan:
    """When a phase began and ended, CLOCK_MONOTONIC nanoseconds."""

    phase: Phase
    start_ns: Nanoseconds
    end_ns: Nanoseconds

    @property
    def length_s(self) -> Seconds:
        """How long it was."""
        return (self.end_ns - self.start_ns) / NS_PER_S


class Role(IntEnum):
    """Whose usage a sample describes."""

    SERVER = 0
    DRIVER = 1
    HOST = 2
    BACKEND = 3
    PEER = 4
    """Another server that was up at the same time, and had its turns when this one had none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """One sample of one process of a tree (or at the host): counters since its start. None: not readable here."""

    t_ns: Nanoseconds
    """CLOCK_MONOTONIC, when the sample was taken."""
    role: Role
    pid: int
    """0 for the host."""
    cpu_user_ns: Nanoseconds | None = None
    """Of the process and of its children that ended and were reaped; steps of 10 ms."""
    cpu_system_ns: Nanoseconds | None = None
    run_ns: Nanoseconds | None = None
    """Time on a processor, summed over the threads, from schedstat: nanosecond steps."""
    delay_ns: Nanoseconds | None = None
    """Time ready to run and not running, summed over the threads, from schedstat."""
    switches_voluntary: int | None = None
    switches_involuntary: int | None = None
    rss_bytes: int | None = None
    pss_bytes: int | None = None
    """Proportional set size; read at the end of the measured window only, because reading it is slow."""
    threads: int | None = None
    files: int | None = None
    instructions: int | None = None
    """Executed in user mode since the first sample, by the process and by what it has started since then."""
    steal_ns: Nanoseconds | None = None
    """HOST only: time the hypervisor gave to others, summed over the processors."""
    busy_ns: Nanoseconds | None = None
    """HOST only: time the processors did anything, for whichever process."""
    listen_overflows: int | None = None
    """HOST only, like all below: connections rejected because an accept queue was full (TcpExtListenOverflows)."""
    listen_drops: int | None = None
    """Connections rejected by a listening socket for any reason (TcpExtListenDrops)."""
    tcp_timeouts: int | None = None
    """Retransmission timers of TCP that ran out (TcpExtTCPTimeouts)."""
    syn_retransmits: int | None = None
    """Requests for a connection that were sent again, the first time after 1 s (TcpExtTCPSynRetrans)."""
    cpu_pressure_ns: int | None = None
    """Time in which some task was ready to run and did not (PSI, ``some`` of /proc/pressure/cpu)."""
    memory_pressure_ns: int | None = None
    """Time in which some task waited for memory to be freed or fetched back."""
    io_pressure_ns: int | None = None
    """Time in which some task waited for a disk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DriverSecond:
    """One second of the driver's own life, as it saw itself."""

    start_ns: Nanoseconds
    wall_s: Seconds = 1.0
    """How long it was: the last one of a phase is cut short."""
    cpu_s: Seconds
    run_queue_delay_s: Seconds | None
    """Time the driver was ready to run and did not; None where schedstat is not readable."""

    def __post_init__(self) -> None:
        """Refuse a second without a length."""
        if not self.wall_s > 0:
            raise ValueError(f"wall_s: {self.wall_s} is not above zero")


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedResponse:
    """The first response of its kind that was not the expected one: what a reader of a failure wants to see."""

    endpoint: str
    outcome: Outcome
    status: int
    body: str
    """Its begin, as text without control characters; folders of the machine and secrets are words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DriverReport:
    """What the driver says of the load it sent and of itself. Judging it belongs to the validity rules."""

    driver: str
    """``reactor``, or the client class of a plain locustfile."""
    versions: Mapping[str, str]
    spans: tuple[PhaseSpan, ...]
    intended: int
    """Requests the schedule called for, over all phases: equals the number of rows."""
    seconds: tuple[DriverSecond, ...]
    connects: int
    """TCP connections opened."""
    gc_collections: int
    """Garbage collections inside the measured window."""
    dropped_timers: int
    """Timer expiries that were noticed only together with a later one."""
    kernel_timestamps: bool
    processes: int = 1
    """Driver processes that shared the schedule; ``seconds`` then holds those of each, one process after the other."""
    warmup_end: WarmupEnd | None = None
    """What ended the warm-up, whose length is that of its span; None in a session that is older than the test."""
    interrupted: bool = False
    """Whether locust was stopped before the load was sent: the spans end there."""
    endpoints: tuple[str, ...] = ()
    """What the column ``endpoint`` counts, where it is not the shots of the order: a plain locustfile's own names."""
    failures: tuple[FailedResponse, ...] = ()
    """One of each endpoint, outcome and status, in the order in which they came, over all phases."""

    def __post_init__(self) -> None:
        """Refuse a load that nobody sent."""
        if self.processes < 1:
            raise ValueError(f"processes: {self.processes} is below 1")

    @property
    def driven_s(self) -> Seconds:
        """How long warm-up and measured window were together."""
        return sum(span.length_s for span in self.spans if span.phase is not Phase.DRAIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gil:
    """CPython's global interpreter lock, as a worker says of it after the load."""

    on: bool
    turned_on_by: str | None = None
    """Where the interpreter can do without: the extension module that needs it, as the server's log tells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerFacts:
    """What ran, read from the running target."""

    argv: tuple[str, ...]
    """The command line with its placeholders: no path of the machine."""
    python: str
    """``CPython 3.13.0``; ``CPython 3.14.0t`` was built to do without the GIL."""
    packages: Mapping[str, str]
    """Every distribution of the stack's environment and its version."""
    cpus: tuple[int, ...]
    boot_s: Seconds
    """From spawn to the first verified response."""
    gil: Gil | None = None
    """None where no worker could say: it was not asked, or it is written in another language."""

    @property
    def free_threaded(self) -> bool:
        """Whether the interpreter was built to do without the GIL."""
        return self.python.endswith("t")


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendCount:
    """What a backend has counted so far."""

    queries: int
    """SQL statements that read the table, or requests."""
    connections: int | None = None
    """That were opened to it. None: it does not know which were the server's."""
    most_at_once: int | None = None
    """Requests that it worked on side by side, at most, since it was asked before; None: it does not know."""

    def since(self, before: "BackendCount") -> "BackendCount":
        """What was counted after that."""
        new = None if self.connections is None or before.connections is None else self.connections - before.connections
        return replace(self, queries=self.queries - before.queries, connections=new)


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendUse:
    """What a backend saw of one run, from before the server was started until it had ended."""

    backend: Backend
    program: str
    """``PostgreSQL 18.4, started by stacklab, over TCP``."""
    verifying: int
    """Queries that the contract promises for both verifications; they are among those that were seen."""
    seen: BackendCount | None
    """None: the backend could not be asked."""


class Stage(StrEnum):
    """Where in the life of a run something went wrong."""

    ENVIRONMENT = "environment"
    BOOT = "boot"
    VERIFY_BEFORE = "verify-before"
    DRIVE = "drive"
    VERIFY_AFTER = "verify-after"
    PROFILE = "profile"
    PROGRAM = "program"
    """A program of a claim ended with an error, or took too long."""
    HERE = "here"
    """A program of a claim said that it cannot run on this machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Completed:
    """A cell that was measured to its end. Requests may have failed; that is in the rows."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    kind: Literal["completed"] = "completed"
    cell: Cell
    started_at: str
    """UTC, ISO 8601, whole seconds."""
    server: ServerFacts
    driver: DriverReport
    driver_cpus: tuple[int, ...]
    served: int | None
    """Requests the app itself counted between the two verifications; None where it cannot count."""
    overhead_s: Seconds
    """Time this cell took beyond warm-up and measurement."""
    backends: tuple[BackendUse, ...] = ()
    """What the endpoints of the scenario asked in their turn."""
    ladder: Ladder | None = None
    """What was sent instead of the load of the scenario, where the plan looks for a capacity."""
    together: int = 1
    """How many cells took turns in this round: the time that they took is that of all of them."""
    turns_since_ns: Nanoseconds | None = None
    """When these were begun, the same for all of them; None for a run of its own."""

    def __post_init__(self) -> None:
        """Refuse a run of no cell."""
        if self.together < 1:
            raise ValueError(f"together: {self.together} is below 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """A cell that could not be measured: a result, with the reason, never a zero."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    kind: Literal["failed"] = "failed"
    cell: PlannedRun
    started_at: str
    stage: Stage
    reason: str
    log_tail: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One value that a program of a claim measured, and where in a grid; seconds, bytes or counts."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    metric: str
    value: float
    at: Levels = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """A program of a claim that ran to its end; its rows lie beside this, as lines of JSON."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    kind: Literal["ran"] = "ran"
    cell: ProgramRun
    started_at: str
    """UTC, ISO 8601, whole seconds."""
    python: str
    """``CPython 3.13.0``."""
    packages: Mapping[str, str]
    """Every distribution of its environment and its version."""
    cpus: tuple[int, ...]
    took_s: Seconds
    """From its start to its end; without what its environment took."""


Run: TypeAlias = Completed | Failed | Ran


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    """What a reader of the numbers needs to know of the machine: no names, no paths, no environment variables."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    system: str
    """``Linux 6.18.44``."""
    machine: str
    processor: str
    cores: int
    memory_bytes: int
    governor: str | None
    turbo: str | None
    virtual: str | None
    """The hypervisor, where one shows itself."""
    clock_source: str | None
    settings: Mapping[str, str] = field(default_factory=dict)
    """Kernel settings that matter to a load test, by their sysctl name."""
    no_instructions: str | None = None
    """Why instructions are not counted here; None where they are, or in a session that is older than the question."""

    def __post_init__(self) -> None:
        """Refuse a machine that could not run anything."""
        if self.cores < 1:
            raise ValueError(f"cores: {self.cores} is below 1")
