"""A scenario as a table of text, for the terminal and for Markdown: the ranking, and its caveats."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stacklab.analysis.metrics import CHUNKS, METRICS, Metric, Prominence, in_chunks
from stacklab.analysis.rounds.cell import CellResult, Standing, measured
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.verdict import Validity
from stacklab.report.caveats import sentence
from stacklab.report.kit.numbers import NO_NUMBER, listed, number, relative
from stacklab.report.session.view import ScenarioView, View
from stacklab.report.session.words.headline import places, ranking, shown
from stacklab.report.session.words.routes import FailureRow, RouteRow, failure_rows, route_rows
from stacklab.report.session.words.steps import StepRow, step_rows

_MOST_NAMED = 3

_SAID_OF_THE_SCENARIO = frozenset(
    {CaveatKind.CLOSED_LOOP_LATENCY, CaveatKind.NOT_SATURATED, CaveatKind.WAITS_THE_BLOCKING_WAY}
)
"""Remarks that the scenario's notes make for all stacks at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TableRow:
    """One stack, every number as it is printed."""

    rank: str
    stack: str
    numbers: tuple[str, ...]
    errors: str
    standing: Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """One scenario."""

    scenario: ScenarioView
    columns: tuple[Metric, ...]
    ranking: str
    """The metric of the ranks, as a sentence, or why there are none."""
    rows: tuple[TableRow, ...]
    routes: tuple[RouteRow, ...]
    """Of a scenario with several routes: each by itself."""
    failures: tuple[FailureRow, ...]
    steps: tuple[StepRow, ...]
    """Of a load that changes in steps: each by itself."""
    doubts: tuple[str, ...]
    """Reasons why cells are suspect, void or failed, one sentence each."""
    remarks: tuple[str, ...]
    """Remarks that leave cells valid, collected over the stacks."""


def table(view: View, scenario: ScenarioView) -> Table:
    """Ranked stacks first, best on top; then those without a rank, and last the twin."""
    by, ranks = ranking(view, scenario)
    place = places(ranks)
    cells = shown(view, scenario)
    twins = tuple(cell for cell in view.result.twins if cell.scenario == scenario.name)
    columns = _columns(cells)
    return Table(
        scenario=scenario,
        columns=columns,
        ranking=f"Ranked by {by.phrase}." if ranks else scenario.unranked or "No stack is ranked.",
        rows=tuple(
            TableRow(
                rank=NO_NUMBER if cell.twin else place.get(cell.stack, NO_NUMBER),
                stack=f"{cell.stack} again" if cell.twin else cell.stack,
                numbers=tuple(relative(cell.of(column), at_least=cell.at_least(column)) for column in columns),
                errors=number(sum(cell.errors.values())) if cell.rounds else NO_NUMBER,
                standing=cell.standing,
            )
            for cell in (*cells, *twins)
        ),
        routes=route_rows(cells),
        failures=failure_rows(cells),
        steps=step_rows(scenario, cells),
        doubts=tuple(_doubts(cells)),
        remarks=(*_twice(twins), *_remarks(cells)),
    )


def _columns(cells: Sequence[CellResult]) -> tuple[Metric, ...]:
    """The columns for a wide terminal; for responses in chunks, times of chunks replace less telling metrics."""
    chunks = in_chunks(measured(cells))
    known = {*measured(cells)} if chunks else set()
    return tuple(
        metric
        for metric in METRICS
        if metric.shown_at(Prominence.WIDE, in_chunks=chunks) and (metric in known or metric not in CHUNKS)
    )


def _doubts(cells: Sequence[CellResult]) -> Iterator[str]:
    """The caveats that make cells suspect or void, the worst first."""
    for makes in (Validity.VOID, Validity.SUSPECT):
        for found in _by_kind(cells, makes):
            yield f"{_doubted(found, cells, makes)}: {_said(found)}"


def _doubted(found: Sequence[tuple[CellResult, Caveat]], cells: Sequence[CellResult], makes: Validity) -> str:
    """What the caveat makes of the stacks that have it."""
    named = _named(found, cells)
    if all(cell.leaves_differences(caveat) for cell, caveat in found):
        return f"The numbers of {named.replace('All ', 'all ', 1)} are {makes}, and their differences are not"
    return f"{named} {'is' if len(found) == 1 else 'are'} {makes}"


def _remarks(cells: Sequence[CellResult]) -> Iterator[str]:
    for found in _by_kind(cells, Validity.VALID):
        if found[0][1].kind not in _SAID_OF_THE_SCENARIO:
            yield f"{_named(found, cells)}: {_said(found)}"


def _twice(twins: Sequence[CellResult]) -> Iterator[str]:
    for twin in twins:
        yield f"{twin.stack} was measured twice; any difference between the two is noise."


def _by_kind(cells: Sequence[CellResult], makes: Validity) -> Iterable[Sequence[tuple[CellResult, Caveat]]]:
    """Stacks with the same reason stand together: a busy machine is one fact, not one for every stack."""
    found: dict[CaveatKind, list[tuple[CellResult, Caveat]]] = {}
    for cell in cells:
        for caveat in cell.caveats:
            if caveat.makes is makes:
                found.setdefault(caveat.kind, []).append((cell, caveat))
    return found.values()


def _named(found: Sequence[tuple[CellResult, Caveat]], cells: Sequence[CellResult]) -> str:
    names = [cell.stack for cell, _ in found]
    if len(names) == len(cells) > 1:
        return f"All {len(names)} stacks"
    more = len(names) - _MOST_NAMED
    return listed([*names[:_MOST_NAMED], f"{more} more"] if more > 0 else names)


def _said(found: Sequence[tuple[CellResult, Caveat]]) -> str:
    """The first stack's sentence, marked where the numbers of others differ."""
    cell, caveat = found[0]
    said = sentence(caveat)
    return said if all(sentence(other) == said for _, other in found) else f"{said} (Numbers are for {cell.stack}.)"
