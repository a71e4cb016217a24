"""The registry of metrics: every number that a cell has, declared once.

JSON, CSV, tables, charts, ``--fail-if``, claims, the noise floor, ranks, comparisons and the Python API read it.
A new number is one entry here and one test.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from stacklab.analysis.run.latency import Quantiles
from stacklab.analysis.run.quantiles import QUANTILES
from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.rules.instrument import driver_core_share
from stacklab.analysis.validity.rules.machine import steal_share
from stacklab.model.traffic.load import Closed, Load
from stacklab.units import BYTES_PER_MIB


class Better(StrEnum):
    """Which way a metric improves."""

    MORE = "more"
    LESS = "less"
    NEITHER = "neither"
    """A description: no stack is better for it."""


class LoadKind(StrEnum):
    """The purpose of a scenario: capacity in a closed loop, latency at an offered rate in an open loop."""

    CLOSED = "closed"
    OPEN = "open"


class Prominence(IntEnum):
    """The narrowest rendering that still shows a metric."""

    NARROW = 0
    """A terminal of 80 columns, and everything wider."""
    WIDE = 1
    """A wide terminal, Markdown, and the page."""
    PAGE = 2
    """The page's comparison table."""
    RESOURCES = 3
    """The page's table of resources alone."""
    DATA = 4
    """JSON, CSV and the Python API alone."""


class MetricFamily(StrEnum):
    """Metrics that stand together: the name of their object in the JSON of a cell."""

    LATENCY = "latency_ms"
    SERVICE = "service_ms"
    QUEUE = "queue_ms"
    FIRST_BYTE = "first_byte_ms"
    GAP = "gap_ms"
    READ_LAG = "read_lag_ms"

    @property
    def key(self) -> str:
        """The prefix of its metrics' keys."""
        return self.removesuffix("_ms")


@dataclass(frozen=True, slots=True)
class Measured:
    """The value of a metric in one run."""

    value: float
    at_least: bool = False
    """Whether the value is only a lower bound, because the quantile falls among lost requests."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One number of a cell, with everything that is stated about it."""

    key: str
    """Its one spelling: ``p99`` in ``--fail-if``, claims, CSV, columns and the Python API."""
    title: str
    """The head of its column."""
    unit: str
    meaning: str
    """One sentence for a reader who points at the column."""
    phrase: str
    """Its name within a sentence."""
    of: Callable[[Summary], Measured | None]
    """The value in one run; None where there is none."""
    better: Better = Better.LESS
    family: MetricFamily | None = None
    quantile: str = ""
    """Of a family's metric: which quantile, by the names of ``QUANTILES``."""
    prominence: Prominence = Prominence.DATA
    in_chunks: Prominence | None = None
    """The prominence where responses come in chunks; None where that changes nothing."""
    also_a_resource: bool = False
    """Whether the table of resources shows it beside the comparison table."""
    is_share: bool = False
    """Whether it is a share of something, to be printed in percent."""
    compared: bool = False
    """Whether ``compare`` and ``--fail-if`` ask for it."""
    ranks: frozenset[LoadKind] = frozenset()
    """The loads under which stacks are ranked by it."""
    in_claims: str = ""
    """Its meaning for the author of a claim; empty if no claim may name it."""

    @property
    def path(self) -> str:
        """Its path in the JSON of a cell: ``latency_ms.p99``, or the key itself."""
        return f"{self.family}.{self.quantile}" if self.family else self.key

    @property
    def more_is_better(self) -> bool:
        """Whether the larger value wins."""
        return self.better is Better.MORE

    @property
    def is_a_time(self) -> bool:
        """Whether a stack is faster or slower by it; by the other metrics it needs less or more."""
        return self.family is MetricFamily.LATENCY or self.key == "throughput_rps"

    def shown_at(self, prominence: Prominence, *, in_chunks: bool) -> bool:
        """Whether a rendering of that width shows it."""
        own = self.in_chunks if in_chunks and self.in_chunks is not None else self.prominence
        return own <= prominence


def _plain(measure: Callable[[Summary], float | None]) -> Callable[[Summary], Measured | None]:
    """A number that is what it is: it may be unknown, but never a lower bound."""

    def of(run: Summary) -> Measured | None:
        value = measure(run)
        return None if value is None else Measured(value)

    return of


def _of_quantile(quantiles: Callable[[Summary], Quantiles | None], name: str) -> Callable[[Summary], Measured | None]:
    def of(run: Summary) -> Measured | None:
        found = (quantiles(run) or {}).get(name)
        return None if found is None else Measured(found.ms, at_least=found.at_least)

    return of


_NO_LONGER: Final = {
    "p50": "Half of the {what} took no longer.",
    "p90": "One in ten of the {what} took longer.",
    "p99": "One in a hundred of the {what} took longer.",
    "p99.9": "One in a thousand of the {what} took longer.",
}


def _latency(name: str, meaning: str) -> Metric:
    ranked = {"p50", "p99"}
    narrow = {"p50": Prominence.NARROW, "p90": Prominence.WIDE, "p99": Prominence.NARROW}
    in_chunks = {"p50": Prominence.WIDE, "p90": Prominence.PAGE, "p99": Prominence.WIDE}
    return Metric(
        key=name,
        title=name.upper(),
        unit="ms",
        meaning=meaning,
        phrase=name.upper(),
        of=_of_quantile(lambda run: run.latency, name),
        family=MetricFamily.LATENCY,
        quantile=name,
        prominence=narrow.get(name, Prominence.PAGE),
        in_chunks=in_chunks.get(name),
        compared=name != "p99.9",
        ranks=frozenset({LoadKind.OPEN}) if name in ranked else frozenset(),
        in_claims="latency in ms, where enough requests lie beyond it",
    )


def _chunks(
    family: MetricFamily, title: str, meaning: str, quantiles: Callable[[Summary], Quantiles | None], *, narrow: str
) -> tuple[Metric, ...]:
    """The quantiles of when chunks came; the two that tell most are shown and compared."""
    what = "requests" if family is MetricFamily.FIRST_BYTE else "gaps"
    return tuple(
        Metric(
            key=f"{family.key}_{name}",
            title=title,
            unit=f"ms, {name.upper()}",
            meaning=f"{meaning} {_NO_LONGER[name].format(what=what)}",
            phrase=f"{title.lower()}, {name.upper()}",
            of=_of_quantile(quantiles, name),
            family=family,
            quantile=name,
            prominence=Prominence.WIDE if name in {"p50", "p99"} else Prominence.DATA,
            in_chunks=Prominence.NARROW if name == narrow else None,
            compared=name in {"p50", "p99"},
            in_claims=f"{meaning[0].lower()}{meaning[1:].removesuffix('.')}, {name.upper()} in ms",
        )
        for name in QUANTILES
    )


def _inside(
    family: MetricFamily, title: str, meaning: str, quantiles: Callable[[Summary], Quantiles | None]
) -> tuple[Metric, ...]:
    """Quantiles of a part of the latency: data for whoever looks into it."""
    return tuple(
        Metric(
            key=f"{family.key}_{name}",
            title=f"{title} {name.upper()}",
            unit="ms",
            meaning=meaning,
            phrase=f"{name.upper()} of the {title.lower()}",
            of=_of_quantile(quantiles, name),
            family=family,
            quantile=name,
        )
        for name in QUANTILES
    )


def _mib(size: int | None) -> float | None:
    return None if size is None else size / BYTES_PER_MIB


THROUGHPUT: Final = Metric(
    key="throughput_rps",
    title="Throughput",
    unit="req/s",
    meaning="Correct responses per second.",
    phrase="throughput",
    of=_plain(lambda run: run.throughput_rps),
    better=Better.MORE,
    prominence=Prominence.NARROW,
    compared=True,
    ranks=frozenset({LoadKind.CLOSED}),
    in_claims="correct responses per second",
)
LATENCY: Final = {name: _latency(name, _NO_LONGER[name].format(what="requests")) for name in QUANTILES}
P50: Final = LATENCY["p50"]
P90: Final = LATENCY["p90"]
P99: Final = LATENCY["p99"]
CHUNKS: Final = (
    *_chunks(
        MetricFamily.FIRST_BYTE,
        "First byte",
        "From the intended start to the first byte of the body.",
        lambda run: run.first_byte,
        narrow="p50",
    ),
    *_chunks(
        MetricFamily.GAP,
        "Gap",
        "Between two chunks of a response; the endpoint's own pause is part of it.",
        lambda run: run.gaps,
        narrow="p99",
    ),
)
"""Only where responses come in chunks."""
CPU: Final = Metric(
    key="cpu_us_per_request",
    title="CPU",
    unit="µs/req",
    meaning="Processor time of all server processes, user and system, per response.",
    phrase="CPU per request",
    of=_plain(lambda run: run.cpu_us_per_request),
    prominence=Prominence.NARROW,
    compared=True,
    ranks=frozenset({LoadKind.CLOSED, LoadKind.OPEN}),
    in_claims="processor time of the server per response, µs",
)
CPU_USER: Final = Metric(
    key="cpu_user_us_per_request",
    title="CPU user",
    unit="µs/req",
    meaning="The part of the processor time spent in user mode.",
    phrase="user CPU per request",
    of=_plain(lambda run: run.cpu_user_us_per_request),
    prominence=Prominence.RESOURCES,
)
CPU_SYSTEM: Final = Metric(
    key="cpu_system_us_per_request",
    title="CPU system",
    unit="µs/req",
    meaning="The part of the processor time spent in the kernel.",
    phrase="system CPU per request",
    of=_plain(lambda run: run.cpu_system_us_per_request),
    prominence=Prominence.RESOURCES,
)
INSTRUCTIONS: Final = Metric(
    key="instructions_per_request",
    title="Instructions",
    unit="/req",
    meaning="Instructions that the server executed in user mode, per response.",
    phrase="instructions per request",
    of=_plain(lambda run: run.instructions_per_request),
    in_claims="instructions of the server in user mode per response, where the processor counts them",
    prominence=Prominence.PAGE,
    also_a_resource=True,
    compared=True,
)
BYTES: Final = Metric(
    key="bytes_per_s",
    title="Bytes",
    unit="MiB/s",
    meaning="Bytes of the response bodies that were read in the measured window, per second.",
    phrase="bytes per second",
    of=_plain(lambda run: run.flow.bytes_per_s / BYTES_PER_MIB),
    better=Better.MORE,
    prominence=Prominence.RESOURCES,
    in_claims="bytes of the response bodies per second, MiB/s",
)
RSS: Final = Metric(
    key="rss_mib",
    title="RSS",
    unit="MiB",
    meaning="Resident memory of all server processes; pages that several share count in each.",
    phrase="memory (RSS)",
    of=_plain(lambda run: _mib(run.server.rss_bytes)),
    prominence=Prominence.WIDE,
    in_chunks=Prominence.PAGE,
    also_a_resource=True,
    compared=True,
    in_claims="resident memory of the server, MiB",
)
PSS: Final = Metric(
    key="pss_mib",
    title="PSS",
    unit="MiB",
    meaning="Proportional memory: a page that n processes share counts 1/n in each.",
    phrase="memory (PSS)",
    of=_plain(lambda run: _mib(run.server.pss_bytes)),
    prominence=Prominence.PAGE,
    also_a_resource=True,
    in_claims="proportional memory of the server, MiB",
)
ERRORS: Final = Metric(
    key="errors",
    title="Errors",
    unit="",
    meaning="Share of the requests that failed.",
    phrase="errors, share of requests",
    of=_plain(lambda run: sum(run.errors.values()) / run.intended if run.intended else None),
    is_share=True,
    compared=True,
)
"""A share whose counts stand in the JSON of a cell; claims know it by endpoint."""

METRICS: Final = (
    THROUGHPUT,
    *LATENCY.values(),
    *_inside(
        MetricFamily.SERVICE,
        "Service time",
        "From sending until the response was read: the latency without the client's own queue.",
        lambda run: run.service,
    ),
    *_inside(
        MetricFamily.QUEUE,
        "Client queue",
        "From the intended start until sending: the wait for a free connection.",
        lambda run: run.queue,
    ),
    *CHUNKS,
    *_inside(
        MetricFamily.READ_LAG,
        "Read lag",
        "From the kernel's receive time until the driver read the response: the driver's own delay.",
        lambda run: run.read_lag,
    ),
    CPU,
    CPU_USER,
    CPU_SYSTEM,
    INSTRUCTIONS,
    Metric(
        key="switches_voluntary_per_request",
        title="Voluntary switches",
        unit="/req",
        meaning="Voluntary context switches of the server per response: it had to wait for something.",
        phrase="voluntary context switches per request",
        of=_plain(lambda run: run.switches_voluntary_per_request),
        in_claims="voluntary context switches of the server per response",
        prominence=Prominence.PAGE,
        also_a_resource=True,
    ),
    Metric(
        key="switches_involuntary_per_request",
        title="Involuntary switches",
        unit="/req",
        meaning="Involuntary context switches of the server per response: the scheduler gave its core to another.",
        phrase="involuntary context switches per request",
        of=_plain(lambda run: run.switches_involuntary_per_request),
        in_claims="involuntary context switches of the server per response",
        prominence=Prominence.PAGE,
        also_a_resource=True,
    ),
    Metric(
        key="run_queue_delay_share",
        title="Waiting for a core",
        unit="of the time, all threads",
        meaning="Share of the measured window in which the server was ready to run and had no core.",
        phrase="waiting for a core",
        of=_plain(lambda run: run.share_of_window(run.server.delay_ns)),
        prominence=Prominence.RESOURCES,
        is_share=True,
    ),
    RSS,
    PSS,
    Metric(
        key="threads",
        title="Threads",
        unit="",
        meaning="Threads of all server processes.",
        phrase="threads",
        of=_plain(lambda run: run.server.threads),
        better=Better.NEITHER,
        prominence=Prominence.PAGE,
        also_a_resource=True,
    ),
    Metric(
        key="open_files",
        title="Open files",
        unit="",
        meaning="Open files of all server processes, sockets among them.",
        phrase="open files",
        of=_plain(lambda run: run.server.files),
        better=Better.NEITHER,
        prominence=Prominence.RESOURCES,
    ),
    Metric(
        key="driver_cpu_share",
        title="Driver CPU",
        unit="of a core",
        meaning="Processor time of the driver over the measured window, 100 % being one core.",
        phrase="the driver's CPU",
        of=_plain(driver_core_share),
        better=Better.NEITHER,
        prominence=Prominence.RESOURCES,
        is_share=True,
    ),
    Metric(
        key="backends_cpu_share",
        title="Backend CPU",
        unit="of a core",
        meaning="Processor time of all backends over the measured window, 100 % being one core.",
        phrase="the backends' CPU",
        of=_plain(lambda run: run.share_of_window(run.backends.cpu_ns)),
        better=Better.NEITHER,
        is_share=True,
    ),
    Metric(
        key="steal_share",
        title="Steal",
        unit="of the time",
        meaning="Share of the machine's processor time that the hypervisor gave to others.",
        phrase="steal time",
        of=_plain(lambda run: steal_share(run.host, run.window_s, run.cores)),
        better=Better.NEITHER,
        prominence=Prominence.RESOURCES,
        is_share=True,
    ),
    Metric(
        key="requests_per_connection",
        title="Requests",
        unit="/connection",
        meaning="Responses per connection.",
        phrase="requests per connection",
        of=_plain(lambda run: run.flow.requests_per_connection),
        better=Better.NEITHER,
        prominence=Prominence.RESOURCES,
        in_claims="responses per connection",
    ),
    BYTES,
    Metric(
        key="warmup_s",
        title="Warm-up",
        unit="s",
        meaning="Length of the warm-up before the measured window.",
        phrase="length of the warm-up",
        of=_plain(lambda run: run.warmup_s),
        better=Better.NEITHER,
    ),
    ERRORS,
)
"""In the order of columns and of the JSON of a cell."""

BY_STEP: Final = (THROUGHPUT, P50, P99)
"""The metrics that each step of a load has."""
BY_ROUTE: Final = (THROUGHPUT, P50, P90, P99, ERRORS)
"""The metrics that each route of a scenario has."""
BY_KEY: Final[Mapping[str, Metric]] = {metric.key: metric for metric in METRICS}
COMPARED: Final = tuple(metric for metric in METRICS if metric.compared)
SHORT_NAMES: Final[Mapping[str, str]] = {
    "instructions": INSTRUCTIONS.key,
    "throughput": THROUGHPUT.key,
    "cpu": CPU.key,
    "rss": RSS.key,
    "pss": PSS.key,
}
"""What ``--fail-if`` and promises take for a key as well."""


def load_kind(load: Load) -> LoadKind:
    """Closed or open."""
    return LoadKind.CLOSED if isinstance(load, Closed) else LoadKind.OPEN


def lead(kind: LoadKind) -> Metric:
    """The number that a scenario is about: a closed loop measures capacity, an open loop measures latency."""
    return THROUGHPUT if kind is LoadKind.CLOSED else P99


def ranked_by(kind: LoadKind) -> tuple[Metric, ...]:
    """The metrics that rank stacks under such a load.

    The latency of a closed loop is connections over throughput, and the throughput of an open loop is what was offered:
    neither is a second opinion.
    """
    return tuple(metric for metric in METRICS if kind in metric.ranks)


def primary(kind: LoadKind) -> tuple[Metric, ...]:
    """The primary metric of a cell is the first of these that a run has; the stopping rule uses its interval.

    An open loop's P99 is not among them: it would need too many rounds.
    """
    return (THROUGHPUT,) if kind is LoadKind.CLOSED else (CPU, P50)


def in_chunks(metrics: Iterable[Metric]) -> bool:
    """Whether metrics of chunks are among them."""
    return any(metric in CHUNKS for metric in metrics)
