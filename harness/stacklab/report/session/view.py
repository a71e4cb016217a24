"""The view: everything a page shows, as plain data. HTML, terminal, Markdown and JSON are renderings of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from stacklab.analysis.run import quantiles
from stacklab.model.own_app import AppFacts
from stacklab.model.plan import Skipped, Variant
from stacklab.model.record import Gil, Host, Stage
from stacklab.model.stack import Stack
from stacklab.model.verdict import Caveat, Estimate, Rank, Validity
from stacklab.report.claims.view import ClaimView

QUANTILES: Mapping[str, float] = quantiles.QUANTILES
"""The quantiles of latency that are quoted, where there are enough requests beyond them."""

Floors: TypeAlias = Mapping[str, Mapping[str, float]]
"""By scenario and metric: the relative difference below which a session sees nothing (``noise_floor``)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedView:
    """Why a cell has no numbers, or which of its rounds have none."""

    round: int
    stage: Stage
    reason: str
    log_tail: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundView:
    """The numbers of one run: the points behind the intervals."""

    round: int
    throughput_rps: float | None
    latency_ms: Mapping[str, float]
    cpu_us_per_request: float | None
    rss_mib: float | None = None
    requests: int = 0
    """Requests whose intended start lies in the measured window."""
    errors: int = 0
    """Those of them that did not end well."""
    first_byte_ms: Mapping[str, float] = field(default_factory=dict)
    gap_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendView:
    """What a backend saw of a cell, over all rounds; None what it does not count."""

    program: str
    queries_per_request: Estimate | None
    connections: Estimate | None
    """Opened in a run."""
    most_at_once: Estimate | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CellView:
    """One stack under one scenario, over all rounds. Without a completed round all numbers are None."""

    stack: str
    scenario: str
    rounds: tuple[RoundView, ...]
    validity: Validity
    caveats: tuple[Caveat, ...]
    requests: int
    """Requests whose intended start lies in the measured window, all rounds."""
    errors: Mapping[str, int]
    """Requests that did not end well, by outcome; empty when all did."""
    throughput_rps: Estimate | None
    offered_rps: float | None
    """The rate the schedule called for; None for a closed loop."""
    latency_ms: Mapping[str, Estimate | None]
    """By the names of ``QUANTILES``; None where too few requests lie beyond it."""
    latency_at_least: tuple[str, ...]
    """The quantiles that censored requests push to "at least"."""
    service_ms: Mapping[str, Estimate | None]
    """The same from the moment of sending: what is left when the client's queue is taken away."""
    cpu_us_per_request: Estimate | None
    cpu_user_us_per_request: Estimate | None
    cpu_system_us_per_request: Estimate | None
    switches_voluntary_per_request: Estimate | None
    switches_involuntary_per_request: Estimate | None
    run_queue_delay_share: Estimate | None
    """Share of the measured window in which the server was ready to run and did not."""
    rss_mib: Estimate | None
    pss_mib: Estimate | None
    threads: Estimate | None
    open_files: Estimate | None
    driver_cpu_share: Estimate | None
    """Driver's CPU over wall time in the measured window, 1.0 being one core."""
    steal_share: Estimate | None
    requests_per_connection: Estimate | None
    worker_shares: tuple[float, ...]
    """Share of the answers each worker process gave, largest first, of the first completed round."""
    distribution: tuple[tuple[float, float], ...]
    """(quantile, latency in ms) of the round with the median P50, for the percentile plot."""
    timeline: tuple[tuple[float, float, float], ...]
    """(seconds since the window began, median ms, P99 ms) in slices of that same round."""
    failed: tuple[FailedView, ...]
    queue_ms: Mapping[str, Estimate | None] = field(default_factory=dict)
    """From the intended start until sending: the client's own queue."""
    read_lag_ms: Mapping[str, Estimate | None] = field(default_factory=dict)
    """From the kernel's receive time until the driver read the answer; all None without receive times."""
    first_byte_ms: Mapping[str, Estimate | None] = field(default_factory=dict)
    """From the intended start until the first byte of the body; all None where answers do not come in pieces."""
    gap_ms: Mapping[str, Estimate | None] = field(default_factory=dict)
    """Between the pieces of an answer; the same."""
    instructions_per_request: Estimate | None = None
    """In user mode; None where the processor does not count them."""
    warmup_s: Estimate | None = None
    """How long the warm-up was."""
    backends: tuple[BackendView, ...] = ()
    """What its endpoints asked in their turn."""
    backends_cpu_share: Estimate | None = None
    """Processor time of all backends over wall time, 1.0 being one core."""
    twin: bool = False
    """The same stack measured once more under another name, to see how far two identical stacks are apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StackView:
    """A stack with what really ran."""

    stack: Stack
    python: str | None
    packages: Mapping[str, str]
    """Only those that its requirements name."""
    all_packages: Mapping[str, str]
    boot_s: Estimate | None
    variant: Variant | None = None
    """What it was asked to differ in from another stack; None for one as its file says."""
    gil: Gil | None = None
    """As a worker of the first round said; None where none could."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioView:
    """A scenario in words."""

    name: str
    summary: str
    load: str
    """``32 connections, closed loop`` or ``open loop, 50 requests a second, Poisson``."""
    is_open: bool
    targets: tuple[str, ...]
    notes: tuple[str, ...]
    """What the page must say about it: which stacks serve it the blocking way, for example."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileView:
    """One profile: merged folded stacks of every worker."""

    stack: str
    scenario: str
    folded: tuple[tuple[str, int], ...]
    """(frames from the outermost to the innermost, joined by ``;``; samples), most samples first."""
    samples: int
    failed: str | None
    """Why there is no profile, and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionView:
    """What was run, when, and how to run it again."""

    name: str
    started_at: str
    preset: str
    rounds: int
    seed: int
    warmup_s: float
    """At least, where the scenario does not say otherwise."""
    measure_s: float
    command: str
    stacklab_version: str
    planned: int
    completed: int
    failed: int
    missing: int
    """Cells of the plan that were not run: the session was interrupted."""
    server_cpus: tuple[int, ...]
    driver_cpus: tuple[int, ...]
    driver: str
    driver_versions: Mapping[str, str]
    warmup_at_most_s: float | None = None
    """Where a plateau ends the warm-up: how long it waits for one. None: the warm-up is fixed."""
    rounds_added: int = 0
    """Of the rounds, those that the stopping rule has added."""
    until: float | None = None
    """The stopping rule: how far the interval of a primary metric may reach to either side, relative to its value."""
    until_reached: bool | None = None
    """Whether every cell's did; None without such a rule."""
    budget_s: float | None = None
    ceiling_rps: float | None = None
    """What the driver can exchange at most on this machine; None where it was not calibrated before the session."""
    app: AppFacts | None = None
    """The app of the user's own that was measured; None: those of the catalogue."""
    set_aside: int = 0
    """Runs that something else disturbed; each was measured again, and both are kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """One session as a page shows it."""

    session: SessionView
    host: Host
    stacks: tuple[StackView, ...]
    scenarios: tuple[ScenarioView, ...]
    cells: tuple[CellView, ...]
    skipped: tuple[Skipped, ...]
    profiles: tuple[ProfileView, ...]
    noise_floor: Floors | None
    """Of the metrics of ``ranks``; None where it was not measured."""
    ranks: tuple[tuple[str, str, tuple[Rank, ...]], ...]
    """(scenario, metric, ranks from best to worst); empty where ties cannot be decided."""
    claims: tuple[ClaimView, ...] = ()
    twins: tuple[CellView, ...] = ()
    """The stack that was measured twice, under its other name: shown beside the cells, never ranked."""
