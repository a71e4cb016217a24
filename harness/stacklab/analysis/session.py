"""The parts of a session that reports read, and how the runs of a cell become evidence."""

from collections.abc import Mapping
from typing import Any, Protocol

from stacklab.analysis.run.interleaved import Slices, slices_of, sweeps_in_doubt
from stacklab.analysis.run.summary import Summary, summarise
from stacklab.analysis.validity.evidence import Evidence
from stacklab.columns import Column, Columns
from stacklab.model.measured.counting import Count
from stacklab.model.measured.profile import Profile, Recording
from stacklab.model.measured.record import Completed, Failed, Host, Ran, Row, Run
from stacklab.model.plan import Cell, Plan, PlannedRun
from stacklab.model.stack import Stack
from stacklab.model.traffic.scenario import Scenario


class SessionReader(Protocol):
    """What is read of a session; ``store.session.Session`` has it."""

    @property
    def name(self) -> str:
        """The name of its folder."""

    @property
    def plan(self) -> Plan:
        """The plan, fixed before the first request."""

    @property
    def host(self) -> Host:
        """The machine."""

    @property
    def started_at(self) -> str:
        """UTC, ISO 8601."""

    @property
    def stacklab_version(self) -> str:
        """The version that wrote it."""

    @property
    def rounds(self) -> int:
        """Rounds of the plan, and those that its stopping rule has added."""

    @property
    def cells(self) -> tuple[PlannedRun, ...]:
        """The cells of all these rounds."""

    @property
    def discarded(self) -> tuple[PlannedRun, ...]:
        """The cells that were disturbed and measured again, once for each attempt."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs there are, in the order of the plan."""

    @property
    def missing(self) -> tuple[PlannedRun, ...]:
        """The cells that were not run: the session was interrupted."""

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The profiles there are."""

    @property
    def counts(self) -> tuple[Count, ...]:
        """The counts of instructions there are."""

    def requests(self, run: Completed) -> Columns:
        """One row per request, in the order of intended starts."""

    def chunks(self, run: Completed) -> Columns | None:
        """Arrival times of the chunks of responses, by request; None if none were watched."""

    def slices(self, run: Completed) -> Columns | None:
        """The slices that the run was measured in; None where it was measured in one piece."""

    def last_log_line(self, run: Completed) -> str:
        """The line of the server's log that tells most of what went wrong last; empty where there is none."""

    def endpoints(self, run: Completed) -> Column:
        """The name of each request's endpoint."""

    def rows(self, run: Ran) -> tuple[Row, ...]:
        """The measurements of a claim's program, in the order in which they were printed."""

    def usage(self, run: Completed | Ran) -> Columns:
        """One row per sample of a process, in the order of time."""

    def speedscope(self, profile: Profile, recording: Recording | None) -> Mapping[str, Any]:
        """The samples of one recording of a profile; None: of a profile that an older stacklab took."""


def evidence(session: SessionReader, stack: Stack, scenario: Scenario, *, twin: bool) -> Evidence:
    """The evidence on one stack under one scenario, without its peers."""
    wanted = (stack.name, scenario.name, twin)
    runs = sorted(
        (run for run in session.runs if _measured(run.cell) == wanted),
        key=lambda run: run.cell.round,
    )
    summaries = tuple(summary_of(session, run) for run in runs if isinstance(run, Completed))
    return Evidence(
        stack=stack,
        scenario=scenario,
        contract=session.plan.contract,
        cores=session.host.cores,
        summaries=summaries,
        failed=tuple(run for run in runs if isinstance(run, Failed)),
        twin=twin,
        ceiling_rps=session.plan.ceiling_rps,
        varied=session.plan.variants[stack.name].varied if stack.name in session.plan.variants else frozenset(),
        log_lines={one.run.cell.round: session.last_log_line(one.run) for one in summaries if one.errors},
        repeated=tuple(cell.round for cell in session.discarded if _measured(cell) == wanted),
    )


def summary_of(session: SessionReader, run: Completed) -> Summary:
    """The numbers of one run, from its files and what is known of the runs that it took turns with."""
    return summarise(
        session.requests(run),
        session.usage(run),
        run,
        session.plan,
        cores=session.host.cores,
        pieces=session.chunks(run),
        slices=_slices(session, run),
    )


def _slices(session: SessionReader, run: Completed) -> Slices | None:
    """The slices of a run that count, by what the machine did to all that took turns with it."""
    own = session.slices(run)
    if own is None:
        return None
    group = [found for one in taking_turns(session, run) if (found := session.slices(one)) is not None]
    return slices_of(own, sweeps_in_doubt(group, cores=session.host.cores))


def taking_turns(session: SessionReader, run: Completed) -> tuple[Completed, ...]:
    """The runs that took turns with this one, itself among them."""
    if run.turns_since_ns is None:
        return (run,)
    return tuple(one for one in session.runs if isinstance(one, Completed) and one.turns_since_ns == run.turns_since_ns)


def _measured(cell: PlannedRun) -> tuple[str, str, bool] | None:
    """Which stack under which scenario; the program of a claim is neither."""
    return (cell.stack, cell.scenario, cell.twin) if isinstance(cell, Cell) else None
