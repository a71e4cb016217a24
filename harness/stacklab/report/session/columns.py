"""The comparison table: which numbers it shows, what each means, and in which order the rows stand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from stacklab.model.verdict import Estimate, Validity
from stacklab.report.session.view import CellView, ScenarioView


class Standing(StrEnum):
    """What a cell is worth, in one word: its validity, or why it has no numbers."""

    VALID = "valid"
    SUSPECT = "suspect"
    VOID = "void"
    FAILED = "failed"
    """No round was measured to its end."""
    MISSING = "missing"
    """The session ended before it was run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One number of a cell, with the words that go with it."""

    key: str
    head: str
    unit: str
    meaning: str
    pick: Callable[[CellView], Estimate | None]
    words: str
    """As it stands in a sentence."""
    more_is_better: bool = False


def _quantile(name: str, meaning: str) -> Column:
    return Column(
        key=name,
        head=name.upper(),
        unit="ms",
        meaning=meaning,
        pick=lambda cell: cell.latency_ms.get(name),
        words=name.upper(),
    )


def _first_byte(name: str, meaning: str) -> Column:
    return Column(
        key=f"first_byte_{name}",
        head="First byte",
        unit=f"ms, {name.upper()}",
        meaning=f"From the intended start to the first byte of the body. {meaning}",
        pick=lambda cell: cell.first_byte_ms.get(name),
        words=f"{name.upper()} of the time to first byte",
    )


def _gap(name: str, meaning: str) -> Column:
    return Column(
        key=f"gap_{name}",
        head="Gap",
        unit=f"ms, {name.upper()}",
        meaning=f"Between two pieces of an answer; what the endpoint waits is part of it. {meaning}",
        pick=lambda cell: cell.gap_ms.get(name),
        words=f"{name.upper()} of the gaps between pieces",
    )


THROUGHPUT = Column(
    key="throughput_rps",
    head="Throughput",
    unit="req/s",
    meaning="Requests answered rightly a second.",
    pick=lambda cell: cell.throughput_rps,
    words="throughput",
    more_is_better=True,
)
P50 = _quantile("p50", "Half of the requests took no longer.")
P99 = _quantile("p99", "One request in a hundred took longer.")
PIECES = (
    _first_byte("p50", "Half of the requests waited no longer."),
    _first_byte("p99", "One request in a hundred waited longer."),
    _gap("p50", "Half of the gaps were no longer."),
    _gap("p99", "One gap in a hundred was longer."),
)
"""Only where answers come in pieces."""
CPU = Column(
    key="cpu_us_per_request",
    head="CPU",
    unit="µs/req",
    meaning="Processor time of all server processes, user and system, over the requests answered.",
    pick=lambda cell: cell.cpu_us_per_request,
    words="processor time per request",
)
COLUMNS = (
    THROUGHPUT,
    P50,
    _quantile("p90", "One request in ten took longer."),
    P99,
    _quantile("p99.9", "One request in a thousand took longer."),
    *PIECES,
    CPU,
    Column(
        key="instructions_per_request",
        head="Instructions",
        unit="/req",
        meaning="Instructions that the server executed in user mode, over the requests answered.",
        pick=lambda cell: cell.instructions_per_request,
        words="instructions per request",
    ),
    Column(
        key="rss_mib",
        head="RSS",
        unit="MiB",
        meaning="Resident memory of all server processes; pages that several share count in each.",
        pick=lambda cell: cell.rss_mib,
        words="resident memory",
    ),
    Column(
        key="pss_mib",
        head="PSS",
        unit="MiB",
        meaning="Proportional memory: a page that n processes share counts 1/n in each.",
        pick=lambda cell: cell.pss_mib,
        words="proportional memory",
    ),
    Column(
        key="threads",
        head="Threads",
        unit="",
        meaning="Threads of all server processes.",
        pick=lambda cell: cell.threads,
        words="threads",
    ),
    Column(
        key="switches_voluntary_per_request",
        head="Gave way",
        unit="/req",
        meaning="Voluntary context switches of the server for each request: it had to wait for something.",
        pick=lambda cell: cell.switches_voluntary_per_request,
        words="voluntary context switches per request",
    ),
    Column(
        key="switches_involuntary_per_request",
        head="Taken off",
        unit="/req",
        meaning="Involuntary context switches of the server for each request: somebody else's turn had come.",
        pick=lambda cell: cell.switches_involuntary_per_request,
        words="involuntary context switches per request",
    ),
)
_BY_KEY = {column.key: column for column in COLUMNS}


def column_of(metric: str) -> Column | None:
    """The column of a metric's name, with or without the group it belongs to: ``p99``, ``latency_ms.p99``."""
    return _BY_KEY.get(metric) or _BY_KEY.get(metric.partition(".")[2])


def lead(scenario: ScenarioView) -> Column:
    """The number that a scenario is about: a closed loop measures capacity, an open loop measures latency."""
    return P99 if scenario.is_open else THROUGHPUT


def standing(cell: CellView) -> Standing:
    """A cell with at least one completed round stands by its validity."""
    if cell.rounds:
        return Standing(cell.validity)
    return Standing.FAILED if cell.failed else Standing.MISSING


def rankable(cell: CellView, column: Column) -> bool:
    """Whether the cell may stand in an order by this number: what failed or is void never does."""
    return bool(cell.rounds) and cell.validity is not Validity.VOID and column.pick(cell) is not None


def filled(cells: Iterable[CellView]) -> tuple[Column, ...]:
    """The columns for which at least one of the cells has a number."""
    cells = tuple(cells)
    return tuple(column for column in COLUMNS if any(column.pick(cell) for cell in cells))


def in_order(cells: Iterable[CellView], by: Column) -> tuple[CellView, ...]:
    """Best first; then those that are not ranked: without that number, void, failed."""
    return tuple(sorted(cells, key=lambda cell: _place(cell, by)))


def _place(cell: CellView, by: Column) -> tuple[int, float, str]:
    estimate = by.pick(cell)
    if estimate is not None and rankable(cell, by):
        return 0, -estimate.value if by.more_is_better else estimate.value, cell.stack
    unranked = 3 if not cell.rounds else 2 if cell.validity is Validity.VOID else 1
    return unranked, 0.0, cell.stack
