"""One session as pandas DataFrames; every frame is made when it is first asked for."""

from collections.abc import Iterator
from enum import IntEnum
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from stacklab.analysis.claims.findings import findings
from stacklab.analysis.comparison.compare import compare_stacks
from stacklab.analysis.metrics import BY_ROUTE, METRICS
from stacklab.analysis.results import SessionResult, judge
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.run.columns import measured_window
from stacklab.catalog import workspace
from stacklab.columns import MISSING, Column
from stacklab.errors import UsageError
from stacklab.frames import columns
from stacklab.frames.columns import FrameColumn, frame, typed
from stacklab.model.measured.record import Completed, Outcome, Phase, Role, Run
from stacklab.model.plan import TWIN_SUFFIX
from stacklab.report.caveats import sentence
from stacklab.report.claims.words import reason
from stacklab.store import session as store
from stacklab.store.folder import locate
from stacklab.units import NS_PER_MS, NS_PER_S

CELL: Final = ("scenario", "stack", "metric")


def load(session: str | Path = "latest", *, results: str | Path | None = None) -> "Session":
    """Open a session: its folder, its name below ``results``, or ``latest``.

    Raises:
        stacklab.errors.UsageError: there is no such session, or a newer stacklab wrote it.
    """
    folder = workspace.find(Path.cwd(), results=None if results is None else Path(results)).results
    return Session(store.StoredSession.open(locate(folder, str(session))))


def metrics() -> pd.DataFrame:
    """Every metric by its key: title, unit, meaning, and which way is better."""
    rows = [(metric.key, metric.title, metric.unit, metric.meaning, metric.better.value) for metric in METRICS]
    return pd.DataFrame(rows, columns=pd.Index(["metric", "title", "unit", "meaning", "better"])).set_index("metric")


class Session:
    """A session as frames. Rows of requests are read when they are asked for, one run at a time."""

    def __init__(self, recorded: store.StoredSession) -> None:
        """Wrap what the store has opened; nothing but the plan and the host is read yet."""
        self._recorded = recorded

    def __repr__(self) -> str:
        """Name, and what was compared."""
        plan = self._recorded.plan
        return f"<Session {self.name}: {len(plan.stacks)} stacks, {len(plan.scenarios)} scenarios>"

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self._recorded.name

    @property
    def started_at(self) -> pd.Timestamp:
        """When it began, UTC."""
        return pd.Timestamp(self._recorded.started_at)

    @property
    def stacks(self) -> tuple[str, ...]:
        """The names of its stacks, in the order of the plan."""
        return tuple(stack.name for stack in self._recorded.plan.stacks)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The names of its scenarios, in the order of the plan."""
        return tuple(scenario.name for scenario in self._recorded.plan.scenarios)

    @cached_property
    def result(self) -> SessionResult:
        """What stacklab's own report is made of: every cell judged, the noise floors and the ranks."""
        return judge(self._recorded)

    def requests(self, stack: str, scenario: str, round: int) -> pd.DataFrame:  # noqa: A002 (as the command line says it)
        """One row for each intended request of a run, in the order of intended starts.

        The twin is the stack's name with ``~again``. Times count from the begin of the measured window. ``latency_ms``
        and ``service_ms`` are NaN where no correct response was read: such a request has no latency, only an outcome.

        Raises:
            stacklab.errors.UsageError: there is no such run, or its file is gone.
        """
        run = self._run(stack, scenario, round)
        rows, window = self._recorded.requests(run), measured_window(run)
        intended, sent, read = rows["intended_ns"], rows["sent_ns"], rows["read_ns"]
        ok = rows["outcome"] == Outcome.OK
        made = pd.DataFrame(
            {
                "phase": _named(rows["phase"], Phase),
                "outcome": _named(rows["outcome"], Outcome),
                "endpoint": pd.Categorical(self._recorded.endpoints(run)),
                "status": _known(rows["status"], nothing=0),
                "bytes": rows["bytes"],
                "connection": _known(rows["connection"], nothing=0),
                "worker": _known(rows["worker"], nothing=0),
                "intended_s": (intended - window.start_ns) / NS_PER_S,
                "sent_s": _since(sent, window.start_ns),
                "received_s": _since(rows["received_ns"], window.start_ns),
                "read_s": (read - window.start_ns) / NS_PER_S,
                "latency_ms": np.where(ok, (read - intended) / NS_PER_MS, np.nan),
                "service_ms": np.where(ok & (sent != MISSING), (read - sent) / NS_PER_MS, np.nan),
            }
        )
        return typed(made, columns.REQUESTS)

    def usage(self, stack: str, scenario: str, round: int) -> pd.DataFrame:  # noqa: A002 (as above)
        """One row for each sample of a process or of the host, in the order of time.

        Counters are since the start of their process; ``<NA>`` where one could not be read.

        Raises:
            stacklab.errors.UsageError: there is no such run, or its file is gone.
        """
        run = self._run(stack, scenario, round)
        samples, window = self._recorded.usage(run), measured_window(run)
        counters = {name: column for name, column in samples.items() if name not in {"t_ns", "role", "pid"}}
        made = pd.DataFrame(
            {
                "t_s": (samples["t_ns"] - window.start_ns) / NS_PER_S,
                "role": _named(samples["role"], Role),
                "pid": samples["pid"],
                **{name: _known(column, nothing=MISSING) for name, column in counters.items()},
            }
        )
        units = {name: FrameColumn(columns.COUNT, name.replace("_", " "), _unit(name)) for name in counters}
        return typed(made, {**columns.USAGE, **units})

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Every metric of every cell over its rounds: index scenario, stack, metric; twins are named ``…~again``."""
        return frame(
            (
                (cell.scenario, _name(cell), metric.key, *_estimate(cell.of(metric)), cell.at_least(metric), standing)
                for cell in self._cells
                for standing in (str(cell.standing),)
                for metric in METRICS
                if cell.of(metric) is not None
            ),
            columns.CELLS,
            CELL,
        )

    @cached_property
    def routes(self) -> pd.DataFrame:
        """Every metric of every route over its rounds, where a scenario has several routes.

        Index scenario, stack, route, metric.
        """
        return frame(
            (
                (
                    *(cell.scenario, _name(cell), one.route.name, metric.key),
                    *(*_estimate(one.of(metric)), one.at_least(metric)),
                    *(one.route.method, one.route.path, one.route.weight, one.requests, one.errors),
                )
                for cell in self._cells
                for one in cell.routes
                for metric in BY_ROUTE
                if one.of(metric) is not None
            ),
            columns.ROUTES,
            ("scenario", "stack", "route", "metric"),
        )

    @cached_property
    def failures(self) -> pd.DataFrame:
        """Requests that failed, a row for each stack, route and kind, the most frequent first."""
        return frame(
            (
                (
                    *(cell.scenario, _name(cell), one.route.name, one.outcome.name.lower()),
                    *(one.status or None, one.count, one.body, one.log or None),
                )
                for cell in self._cells
                for one in cell.failures
            ),
            columns.FAILURES,
            (),
        )

    @cached_property
    def rounds(self) -> pd.DataFrame:
        """The values behind ``cells``, round by round: index scenario, stack, metric, round."""
        return frame(
            (
                (cell.scenario, _name(cell), metric.key, number, value, cell.at_least(metric))
                for cell in self._cells
                for metric in METRICS
                for number, value in cell.by_round(metric).items()
            ),
            columns.ROUNDS,
            (*CELL, "round"),
        )

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """Every pair of stacks as ``stacklab compare A B`` judges it: index scenario, metric, a, b."""
        return frame(
            (
                (
                    *(pair.scenario.name, one.metric.key, a, b),
                    *(one.ratio, one.low, one.high, one.p, one.verdict),
                )
                for a, b in combinations([*self.stacks, *_twins(self.result)], 2)
                for pair in compare_stacks(self.result, a, b).pairs
                for one in pair.metrics
            ),
            columns.COMPARISONS,
            ("scenario", "metric", "a", "b"),
        )

    @cached_property
    def caveats(self) -> pd.DataFrame:
        """Every caveat of every cell, one a row."""
        return frame(
            (
                (cell.scenario, _name(cell), caveat.kind.value, caveat.makes, sentence(caveat))
                for cell in self._cells
                for caveat in cell.caveats
            ),
            columns.CAVEATS,
            (),
        )

    @cached_property
    def claims(self) -> pd.DataFrame:
        """What became of the claims of the session, a row for each thing that one says: index claim, part."""
        return frame(
            (
                (
                    *(finding.claim, number, finding.verdict, part.says, part.reading.verdict),
                    *(*_estimate(part.reading.found), part.reading.unit, reason(part.reading) or finding.why),
                )
                for finding in findings(self._recorded)
                for number, part in enumerate(finding.parts, 1)
            ),
            columns.CLAIMS,
            ("claim", "part"),
        )

    @property
    def _cells(self) -> Iterator[CellResult]:
        return (cell for cell in (*self.result.cells, *self.result.twins))

    def _run(self, stack: str, scenario: str, number: int) -> Completed:
        for run in self._recorded.runs:
            if _wanted(run, stack, scenario, number):
                if isinstance(run, Completed):
                    return run
                raise UsageError(f"{self.name}: round {number} of {stack} under {scenario} was not completed")
        raise UsageError(
            f"{self.name}: there is no round {number} of {stack} under {scenario}; "
            f"its stacks are {', '.join(self.stacks)}, its scenarios {', '.join(self.scenarios)}"
        )


def _wanted(run: Run, stack: str, scenario: str, number: int) -> bool:
    cell = run.cell
    return (cell.name, getattr(cell, "scenario", None), cell.round) == (stack, scenario, number)


def _name(cell: CellResult) -> str:
    return f"{cell.stack}{TWIN_SUFFIX}" if cell.twin else cell.stack


def _twins(result: SessionResult) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_name(twin) for twin in result.twins))


def _estimate(found: Any) -> tuple[Any, ...]:
    return (None, None, None, None) if found is None else (found.value, found.low, found.high, found.n)


def _named(codes: Column, names: type[IntEnum]) -> "pd.Categorical[str]":
    """Names instead of codes, as categories in the order of the codes, which count from zero."""
    return pd.Categorical.from_codes(codes.astype(np.int8), categories=pd.Index([one.name.lower() for one in names]))


def _known(column: Column, *, nothing: int) -> "pd.Series[Any]":
    return pd.Series(column, dtype=columns.COUNT).mask(column == nothing)


def _since(times_ns: Column, start_ns: int) -> Column:
    seconds: Column = np.where(times_ns == MISSING, np.nan, (times_ns - start_ns) / NS_PER_S)
    return seconds


def _unit(name: str) -> str:
    """The unit that the name of a counter ends with."""
    return {"ns": "ns", "bytes": "B"}.get(name.rpartition("_")[2], "")
