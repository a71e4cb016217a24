"""Three answers to a promise, from the interval of an estimate over rounds, never from a point.

Rule 1: a promise *fails* where the whole 95 % interval lies beyond the limit, corrected by Holm over all conditions and
    cells that a gate asks, so that noise fails at most one build in forty. It *holds* where the whole interval lies
    within: all must, so that none needs a correction (Berger 1982, intersection-union). The rest *cannot be told*, with
    the number of rounds that would tell if the value stays.
Rule 2: the interval is Student's t over rounds. That of a share of errors is also the one of Clopper and Pearson (1934)
    over all requests, whichever is wider: no error among a hundred requests does not show that there are under 0.1 %.
Rule 3: a quantile that falls among lost requests is only a lower bound, which can fail a promise and never keeps it.
Rule 4: what did not start, or gave wrong responses, fails. What is void for another reason cannot be told.
Rule 5: other work on the machine makes numbers worse, and never better: a promise that fails where the cell is suspect
    for that cannot be told, and one that holds, holds. Memory and instructions are the same on a busy machine, and what
    the driver saw late is latency. Any other doubt about a number leaves it untold.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from statistics import fmean, stdev
from typing import Final

from scipy.special import bdtrc, betaincinv, stdtr, stdtrit

from stacklab.analysis.capacity.result import CapacityDoubt, CapacityResult
from stacklab.analysis.gates.limits import PromisedLimit
from stacklab.analysis.metrics import ERRORS, INSTRUCTIONS, PSS, RSS, Measured
from stacklab.analysis.rounds.cell import CellResult, Standing
from stacklab.analysis.rounds.differences import ALPHA, MOST_ROUNDS, holm
from stacklab.analysis.rounds.routes import RouteResult
from stacklab.errors import UsageError
from stacklab.model.measured.caveat import MACHINE_NOISE, Caveat, CaveatKind
from stacklab.model.measured.verdict import Estimate, Validity
from stacklab.model.promises import StatedPromise
from stacklab.model.traffic.route import Route


class Answer(StrEnum):
    """What becomes of a promise."""

    HOLDS = "holds"
    FAILS = "fails"
    CANNOT_TELL = "cannot tell"


class Untold(StrEnum):
    """Why there is no interval to judge by, or none that counts."""

    FAILED = "it did not run to its end"
    MISSING = "it was not run"
    VOID = "its numbers do not count"
    WRONG = "its responses are not what they should be"
    UNAVAILABLE = "there is no such number here"
    FEW_REQUESTS = "there are too few requests for it"
    ONE_ROUND = "one round has no interval"
    NOISE = "something else used the machine"
    DOUBT = "the number is suspect"
    SLOWER = "the promise of the capacity breaks without any queue"
    UNKNOWN = "the capacity is not known"
    UNPROVEN = "the gate is not proved on this machine (`stacklab gate --prove`)"


OF_THE_SERVER: Final = frozenset(
    {
        CaveatKind.FAILED_ROUNDS,
        CaveatKind.WRONG_BODIES,
        CaveatKind.ERRORS,
        CaveatKind.SERVED_DIFFERS,
        CaveatKind.QUERIES_DIFFER,
    }
)
"""Kinds that say something of the server, and not of the measurement."""

MAKES_WORSE: Final = MACHINE_NOISE | {
    CaveatKind.NO_STEADY_STATE,
    CaveatKind.ROUNDS_DISAGREE,
    CaveatKind.DRIVER_BUSY,
    CaveatKind.WORKS_BETWEEN_TURNS,
}
"""Kinds that leave a promise that holds: a server that still warms up is slower than it will be, too."""

OF_THE_DRIVER: Final = frozenset(
    {CaveatKind.SENT_LATE, CaveatKind.READ_LATE, CaveatKind.DRIVER_BUSY, CaveatKind.DRIVER_DELAYED}
)
"""Kinds that say that the driver saw a response late: of latency and throughput, and of nothing else."""

_UNTOUCHED: Final = frozenset({RSS.key, PSS.key, INSTRUCTIONS.key})
"""Metrics that other work on the machine does not change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """One condition about one cell, or a route of it."""

    stack: str
    scenario: str
    limit: PromisedLimit
    answer: Answer
    route: str = ""
    """Empty: all requests of the scenario."""
    under: str = ""
    """Of a capacity: the promise under which it was sought."""
    found: Estimate | None = None
    at_least: bool = False
    """Whether what was found is only a lower bound."""
    why: Untold | None = None
    caveats: tuple[Caveat, ...] = ()
    """Those that keep the answer back."""
    rounds: int | None = None
    """How many would tell, if the value stays; None where that is not known, or told."""
    promise: StatedPromise | None = None
    """The entry of the promise file that it comes from; None for the command line."""


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What a limit is held against."""

    values: tuple[float, ...]
    errors: int
    requests: int
    at_least: bool = False


def judged(
    cells: Iterable[CellResult], limits: Sequence[tuple[PromisedLimit, StatedPromise | None]]
) -> tuple[Judgement, ...]:
    """Hold every limit against every cell that it is about.

    Raises:
        UsageError: a promise that is about nothing in this session.
    """
    cells, found = tuple(cells), list[tuple[Judgement, float | None]]()
    for limit, promise in limits:
        about = [cell for cell in cells if _is_about(promise, cell)]
        mine = [one for cell in about for one in _of_cell(limit, promise, cell)]
        if not mine:
            raise UsageError(_about_nothing(limit, promise, cells))
        found += mine
    return corrected(found)


def judged_capacities(found: Iterable[CapacityResult], limits: Sequence[PromisedLimit]) -> tuple[Judgement, ...]:
    """Hold every limit against every capacity that was sought."""
    return corrected([_of_capacity(limit, one) for limit in limits for one in found])


def worst(judgements: Iterable[Judgement]) -> Answer:
    """Fails before cannot tell before holds."""
    answers = {one.answer for one in judgements}
    return next((one for one in (Answer.FAILS, Answer.CANNOT_TELL) if one in answers), Answer.HOLDS)


def _is_about(promise: StatedPromise | None, cell: CellResult) -> bool:
    return promise is None or (fnmatchcase(cell.stack, promise.stack) and fnmatchcase(cell.scenario, promise.scenario))


def _about_nothing(limit: PromisedLimit, promise: StatedPromise | None, cells: Sequence[CellResult]) -> str:
    if promise is None:
        return f"{limit.text}: the session has no cell that it could be about"
    if promise.route and any(_is_about(promise, cell) for cell in cells):
        routes = sorted({one.route.title for cell in cells for one in cell.routes})
        known = f"known are {', '.join(routes)}" if routes else "the scenario has a single one; leave `route` out"
        return f"the promise about {promise.route} ({limit.text}): there is no such route; {known}"
    return f"the promise about {promise.stack} under {promise.scenario} ({limit.text}): the session has no such cell"


def _of_cell(
    limit: PromisedLimit, promise: StatedPromise | None, cell: CellResult
) -> list[tuple[Judgement, float | None]]:
    blank = Judgement(stack=cell.stack, scenario=cell.scenario, limit=limit, answer=Answer.CANNOT_TELL, promise=promise)
    without = _without_numbers(limit, cell)
    if without is not None:
        answer, why = without
        void = tuple(one for one in cell.caveats if one.makes is Validity.VOID)
        route = "" if promise is None else promise.route
        return [(replace(blank, answer=answer, why=why, caveats=void, route=route), None)]
    if promise is None or not promise.route:
        return [_asked(blank, _numbers(limit, cell), cell)]
    routes = [one for one in cell.routes if promise.route in _names(one.route)]
    return [_asked(replace(blank, route=one.route.title), _route_numbers(limit, one), cell) for one in routes]


def _names(route: Route) -> tuple[str, ...]:
    """How a promise may call a route."""
    return route.name, route.title, route.path, f"{route.method} {route.path}"


def _without_numbers(limit: PromisedLimit, cell: CellResult) -> tuple[Answer, Untold] | None:
    """The answer to a cell whose numbers do not count; None where they do."""
    void = {one.kind for one in cell.caveats if one.makes is Validity.VOID}
    if cell.standing is Standing.FAILED:
        return Answer.FAILS, Untold.FAILED
    if cell.standing is Standing.MISSING:
        return Answer.CANNOT_TELL, Untold.MISSING
    if cell.counts or (limit.metric is ERRORS and void == {CaveatKind.ERRORS}):
        return None
    return (Answer.FAILS, Untold.WRONG) if void & OF_THE_SERVER else (Answer.CANNOT_TELL, Untold.VOID)


def _numbers(limit: PromisedLimit, cell: CellResult) -> _Numbers:
    assert limit.metric is not None  # noqa: S101 (a limit of a capacity is not held against cells)
    known = cell.values.get(limit.metric.key, {}) if limit.metric.key in cell.estimates else {}
    errors = sum(one.errors for one in cell.rounds)
    return _Numbers(_values(known), errors, cell.requests, cell.at_least(limit.metric))


def _route_numbers(limit: PromisedLimit, route: RouteResult) -> _Numbers:
    assert limit.metric is not None  # noqa: S101 (a limit of a capacity is not held against routes)
    known = route.values.get(limit.metric.key, {}) if limit.metric.key in route.estimates else {}
    return _Numbers(_values(known), route.errors, route.requests, route.at_least(limit.metric))


def _values(known: Mapping[int, Measured]) -> tuple[float, ...]:
    return tuple(one.value for _, one in sorted(known.items()))


def _asked(blank: Judgement, numbers: _Numbers, cell: CellResult) -> tuple[Judgement, float | None]:
    """The judgement, and how likely so bad a value is by chance if the promise held; None where that is unknown."""
    limit, values = blank.limit, numbers.values
    assert limit.metric is not None  # noqa: S101 (see above)
    if not values:
        why = Untold.UNAVAILABLE if limit.metric.family is None else Untold.FEW_REQUESTS
        return replace(blank, why=why), None
    of_errors = limit.metric is ERRORS
    found = _estimate(values, numbers if of_errors else None)
    blank = replace(blank, found=found, at_least=numbers.at_least)
    if found.low is None or found.high is None:
        return replace(blank, why=Untold.ONE_ROUND), None
    if _within(found, limit) and not numbers.at_least:
        doubts = _doubts(cell, limit, failing=False)
        if doubts:
            return replace(blank, why=Untold.DOUBT, caveats=doubts), None
        return replace(blank, answer=Answer.HOLDS), None
    p = _p_beyond(values, limit, numbers if of_errors else None)
    doubts = _doubts(cell, limit, failing=True)
    if doubts and p <= ALPHA:
        noise = all(one.kind in MAKES_WORSE for one in doubts)
        return replace(blank, why=Untold.NOISE if noise else Untold.DOUBT, caveats=doubts), None
    rounds = _rounds_without_errors(numbers, limit, found.n) if of_errors else _rounds_to_tell(values, limit)
    return replace(blank, rounds=rounds), p


def _doubts(cell: CellResult, limit: PromisedLimit, *, failing: bool) -> tuple[Caveat, ...]:
    """The caveats that make the number suspect, so far as they keep this answer back."""
    assert limit.metric is not None  # noqa: S101 (see above)
    leave = OF_THE_SERVER if failing else MAKES_WORSE | {CaveatKind.ERRORS}
    if limit.metric.key in _UNTOUCHED:
        leave |= MAKES_WORSE
    if not limit.metric.is_a_time:
        leave |= OF_THE_DRIVER
    return tuple(one for one in cell.caveats if one.makes is Validity.SUSPECT and one.kind not in leave)


def corrected(found: Sequence[tuple[Judgement, float | None]]) -> tuple[Judgement, ...]:
    """Rule 1: what is beyond its limit for certain, among all that is asked.

    Beside each judgement stands how likely so bad a value is by chance if the promise held; None where that is told.
    """
    known = [(place, p) for place, (_, p) in enumerate(found) if p is not None]
    certain = holm([p for _, p in known])
    fails = {place for (place, _), one in zip(known, certain, strict=True) if one}
    return tuple(
        replace(one, answer=Answer.FAILS, rounds=None) if place in fails else one
        for place, (one, _) in enumerate(found)
    )


def _estimate(values: Sequence[float], counted: _Numbers | None) -> Estimate:
    """Mean and interval over rounds; of a share, with the interval over requests where that is wider."""
    mean, n = fmean(values), len(values)
    if n < 2:
        return Estimate(value=mean, low=None, high=None, n=n)
    half = float(stdtrit(n - 1, 1 - ALPHA / 2)) * stdev(values) / math.sqrt(n)
    low, high = max(0.0, mean - half), mean + half
    if counted is not None:
        bad, good = counted.errors, counted.requests - counted.errors
        low = min(low, float(betaincinv(bad, good + 1, ALPHA / 2)) if bad else 0.0)
        high = max(high, float(betaincinv(bad + 1, good, 1 - ALPHA / 2)) if good else 1.0)
    return Estimate(value=mean, low=low, high=high, n=n)


def _within(found: Estimate, limit: PromisedLimit) -> bool:
    """Whether the whole interval keeps the promise."""
    return found.low is not None and found.high is not None and keeps(found.low, found.high, limit)


def keeps(low: float, high: float, limit: PromisedLimit) -> bool:
    """Whether an interval lies within the limit."""
    return {
        "<=": high <= limit.limit,
        "<": high < limit.limit,
        ">=": low >= limit.limit,
        ">": low > limit.limit,
    }[limit.operator]


def _p_beyond(values: Sequence[float], limit: PromisedLimit, counted: _Numbers | None) -> float:
    """Twice the chance of a mean so far beyond the limit if it were at it: at most 0.05 where the whole interval is."""
    beyond = (fmean(values) - limit.limit) * (1 if limit.is_upper else -1)
    error = stdev(values) / math.sqrt(len(values))
    tail = float(stdtr(len(values) - 1, -beyond / error)) if error else 0.0 if beyond > 0 else 1.0
    if counted is not None and counted.errors:
        # how likely so many or more are bad, if this share of them is
        tail = max(tail, float(bdtrc(counted.errors - 1, counted.requests, limit.limit)))
    return min(1.0, 2 * tail)


def _rounds_to_tell(values: Sequence[float], limit: PromisedLimit) -> int | None:
    """How many rounds have an interval that leaves the limit out, if mean and scatter stay."""
    away, scatter = abs(fmean(values) - limit.limit), stdev(values)
    for n in range(len(values) + 1, MOST_ROUNDS + 1):
        if float(stdtrit(n - 1, 1 - ALPHA / 2)) * scatter / math.sqrt(n) < away:
            return n
    return None


def _rounds_without_errors(numbers: _Numbers, limit: PromisedLimit, n: int) -> int | None:
    """How many rounds have enough requests to show that a share is below the limit, if still none fails."""
    if numbers.errors or not numbers.requests or not 0 < limit.limit < 1:
        return None
    needed = math.log(ALPHA / 2) / math.log1p(-limit.limit)
    rounds = math.ceil(n * needed / numbers.requests)
    return rounds if n < rounds <= MOST_ROUNDS else None


def _of_capacity(limit: PromisedLimit, one: CapacityResult) -> tuple[Judgement, float | None]:
    blank = Judgement(
        stack=one.stack,
        scenario=one.scenario,
        limit=limit,
        answer=Answer.CANNOT_TELL,
        found=one.capacity,
        under=one.promise.text,
    )
    if CapacityDoubt.SLOWER in one.doubts:
        return replace(blank, answer=Answer.FAILS, why=Untold.SLOWER), None
    found = one.capacity
    if one.validity is Validity.VOID or found is None or found.low is None or found.high is None:
        return replace(blank, why=Untold.UNKNOWN), None
    if _within(found, limit):
        return replace(blank, answer=Answer.HOLDS), None
    if one.validity is Validity.SUSPECT:
        return replace(blank, why=Untold.DOUBT), None
    # the interval is one of logarithms, with a t of n - 1 degrees of freedom
    error = math.log(found.high / found.value) / float(stdtrit(found.n - 1, 1 - ALPHA / 2))
    below = math.log(limit.limit / found.value)
    tail = float(stdtr(found.n - 1, -below / error)) if error else float(below <= 0)
    return blank, min(1.0, 2 * tail)
