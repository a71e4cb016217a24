"""The verdict on each scenario in a few sentences: who leads, who may be as good, at what cost, who is far behind.

Every sentence follows from the ranks, which the analysis has decided; nothing is compared here. Names of stacks are
marked, so that a page can set them off.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from stacklab.analysis.metrics import CPU, P50, P99, THROUGHPUT, Metric, lead
from stacklab.analysis.rounds.cell import CellResult, Standing, in_order
from stacklab.model.measured.caveat import CaveatKind
from stacklab.model.measured.verdict import Rank, Validity
from stacklab.report.caveats import sentence
from stacklab.report.kit.numbers import certain, number, times
from stacklab.report.session.view import ScenarioView, View

FAR: Final = 2.0
"""Times behind the best from which a stack is far behind."""

_MOST_NAMED: Final = 2
"""Names in a clause before it says how many more there are."""

_LONGEST_REASON: Final = 140

_TOO_SLOW: Final = frozenset({CaveatKind.UNFINISHED, CaveatKind.RATE_MISSED, CaveatKind.CONNECTIONS_LIMIT})
"""The stack did not keep up with the load that was offered."""


class Name(str):
    """The name of a stack within a sentence."""

    __slots__ = ()


Sentence: TypeAlias = tuple[str, ...]
"""Pieces of text, ``Name`` among them, that make one sentence together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioVerdict:
    """What a session says of one scenario."""

    scenario: ScenarioView
    sentences: tuple[Sentence, ...]

    @property
    def text(self) -> str:
        """The sentences as plain text."""
        return " ".join("".join(one) for one in self.sentences)


def verdicts(view: View) -> tuple[ScenarioVerdict, ...]:
    """One for each scenario, in the order of the plan."""
    return tuple(
        ScenarioVerdict(scenario=one, sentences=tuple(_Contest(view, one).sentences())) for one in view.scenarios
    )


def cells_of(view: View, scenario: ScenarioView) -> tuple[CellResult, ...]:
    """The cells of a scenario, without twins."""
    return tuple(cell for cell in view.result.cells if cell.scenario == scenario.name)


def ranks_of(view: View, scenario: ScenarioView) -> Mapping[Metric, tuple[Rank, ...]]:
    """The ranks of a scenario by each metric that its load can compare."""
    return {metric: ranks for name, metric, ranks in view.result.ranks if name == scenario.name}


def led_by(view: View, scenario: ScenarioView) -> Metric:
    """The metric that a scenario is about; P50 where P99 has too few requests to be quoted."""
    first, ranks = lead(scenario.kind), ranks_of(view, scenario)
    return P50 if first not in ranks and P50 in ranks else first


def behind(cell: CellResult, best: CellResult, metric: Metric) -> float | None:
    """How many times worse than the best a cell is; None where one of the two has no such number."""
    own, leading = cell.of(metric), best.of(metric)
    if own is None or leading is None or own.value <= 0 or leading.value <= 0:
        return None
    return leading.value / own.value if metric.more_is_better else own.value / leading.value


class _Contest:
    """One scenario, and what is said of it."""

    def __init__(self, view: View, scenario: ScenarioView) -> None:
        self.view, self.scenario = view, scenario
        self.cells = cells_of(view, scenario)
        self.ranks = ranks_of(view, scenario)
        self.lead = led_by(view, scenario)

    def sentences(self) -> Iterator[Sentence]:
        ranked = self._ranked(self.lead)
        if self.scenario.unranked:
            yield (self.scenario.unranked,)
        elif not ranked:
            yield ("No stack has a number that counts.",)
        else:
            if self.scenario.is_open:
                yield self._kept_up()
            yield from self._leading(ranked)
            yield from self._with_time_to_spare(ranked)
            yield from self._cheapest()
            yield from self._far_behind(ranked)
        yield from self._without_numbers()

    def _ranked(self, metric: Metric) -> tuple[CellResult, ...]:
        return tuple(cell for cell in in_order(self.cells, metric) if cell.ranks_by(metric))

    def _kept_up(self) -> Sentence:
        slow = [c.stack for c in self.cells if {one.kind for one in c.caveats} & _TOO_SLOW]
        measured = [cell for cell in self.cells if cell.rounds]
        offered = next((cell.offered_rps for cell in measured if cell.offered_rps), None)
        load = "the offered rate" if offered is None else f"{number(float(f'{offered:.2g}'))} requests per second"
        if not slow:
            who = "Both stacks keep" if len(measured) == 2 else f"All {len(measured)} stacks keep"
            return (f"{who if len(measured) > 1 else 'It keeps'} up with {load}.",)
        return (*_named(slow), f" {'does' if len(slow) == 1 else 'do'} not keep up with {load}.")

    def _leading(self, ranked: Sequence[CellResult]) -> Iterator[Sentence]:
        best = ranked[0]
        if len(ranked) == 1:
            yield (Name(best.stack), f" is the only stack with a number that counts: {self._of(best)}.")
            return
        if not self.ranks:
            yield ("There are too few rounds to tell stacks apart.",)
            yield (Name(best.stack), f" has the best {self.lead.phrase}: {self._of(best)}.")
            return
        for metric in (self.lead, P50) if self.lead is P99 and P50 in self.ranks else (self.lead,):
            found = self._ranked(metric)
            leaders = [rank.stack for rank in self.ranks.get(metric, ()) if rank.first == 1]
            if len(leaders) == len(found) and len(found) > 1:
                who = "the two stacks cannot" if len(found) == 2 else f"no two of {len(found)} stacks can"
                yield (f"By {metric.phrase}, {who} be told apart.",)
                continue
            yield self._led(found, leaders, metric)
            return

    def _led(self, found: Sequence[CellResult], leaders: Sequence[str], metric: Metric) -> Sentence:
        best = next(cell for cell in found if cell.stack in leaders)
        others = [cell.stack for cell in found if cell.stack in leaders and cell is not best]
        lead_in = () if metric is THROUGHPUT else (f"By {metric.phrase}, ",)
        says = f" leads with {certain(best.of(metric), at_least=best.at_least(metric))} {metric.unit}"
        if not others:
            return (*lead_in, Name(best.stack), f"{says}.")
        with_what = ""
        if len(others) == 1:
            other = next(cell for cell in found if cell.stack == others[0])
            with_what = f", with {certain(other.of(metric), at_least=other.at_least(metric))},"
        return (*lead_in, Name(best.stack), f"{says}; ", *_named(others), f"{with_what} may be as good.")

    def _with_time_to_spare(self, ranked: Sequence[CellResult]) -> Iterator[Sentence]:
        spare = [cell.stack for cell in ranked if not cell.is_saturated]
        if self.lead is not THROUGHPUT or not spare:
            return
        lower = "so throughput is only a lower bound of capacity."
        if len(spare) == len(ranked):
            yield (f"No stack was saturated, {lower}",)
        else:
            yield (*_named(spare), f" {'was' if len(spare) == 1 else 'were'} not saturated, {lower}")

    def _cheapest(self) -> Iterator[Sentence]:
        ranks, found = self.ranks.get(CPU, ()), self._ranked(CPU)
        leaders = [cell for cell in found if cell.stack in {rank.stack for rank in ranks if rank.first == 1}]
        if not leaders or len(found) < 2:
            return
        cost = f"{certain(leaders[0].of(CPU))} µs a request"
        if len(leaders) == len(found):
            yield (f"Their CPU, about {cost}, cannot be told apart.",)
        elif len(leaders) == 1:
            more = behind(found[1], found[0], CPU)
            beside = f", {times(more)} times less than " if more else ", less than "
            who: Sentence = ("It",) if [leaders[0].stack] == self._alone() else (Name(leaders[0].stack),)
            yield (*who, f" takes the least CPU: {cost}{beside}", Name(found[1].stack), ".")
        else:
            yield (*_named([cell.stack for cell in leaders]), f" take the least CPU, about {cost}.")

    def _alone(self) -> list[str]:
        """The leaders of the sentence before this one; one of them can be called by a pronoun."""
        for metric in (self.lead, P50) if self.lead is P99 else (self.lead,):
            leaders = [rank.stack for rank in self.ranks.get(metric, ()) if rank.first == 1]
            if len(leaders) < len(self._ranked(metric)):
                return leaders
        return []

    def _far_behind(self, ranked: Sequence[CellResult]) -> Iterator[Sentence]:
        told = {rank.stack for rank in self.ranks.get(self.lead, ()) if rank.first > 1}
        far = [
            (factor, cell.stack)
            for cell in ranked
            if cell.stack in told and (factor := behind(cell, ranked[0], self.lead)) and factor >= FAR
        ]
        if not far:
            return
        factor, worst = max(far)
        more = len(far) - 1
        who = "another one is" if more == 1 else f"{more} others are"
        others = f"; {who} more than {FAR:.0f} times behind" if more else ""
        yield (Name(worst), f" is {times(factor)} times behind{others}.")

    def _without_numbers(self) -> Iterator[Sentence]:
        by_reason: dict[str, list[str]] = {}
        for cell in self.cells:
            if cell.standing is Standing.FAILED:
                by_reason.setdefault(f"failed: {_reason(cell)}", []).append(cell.stack)
            elif cell.standing is Standing.VOID:
                void = next(one for one in cell.caveats if one.makes is Validity.VOID)
                by_reason.setdefault(f"{{}} not count: {sentence(void)}", []).append(cell.stack)
            elif cell.standing is Standing.MISSING:
                by_reason.setdefault("{} not been measured.", []).append(cell.stack)
        for reason, names in by_reason.items():
            one = len(names) == 1
            verb = ("does" if one else "do") if "count" in reason else ("has" if one else "have")
            yield (*_named(names), f" {reason.replace('{}', verb, 1)}")

    def _of(self, cell: CellResult, metric: Metric | None = None) -> str:
        metric = metric or self.lead
        value = f"{certain(cell.of(metric), at_least=cell.at_least(metric))} {metric.unit}"
        return value if metric is THROUGHPUT else f"{metric.phrase} {value}"


def _reason(cell: CellResult) -> str:
    """The last line of the log, which says what went wrong, or the reason itself."""
    failed = cell.failed[-1]
    said = next((line.strip() for line in reversed(failed.log_tail) if line.strip()), "") or failed.reason
    said = " ".join(said.split())
    cut = said if len(said) <= _LONGEST_REASON else f"{said[:_LONGEST_REASON]}…"
    return cut if cut.endswith((".", "…")) else f"{cut}."


def _named(names: Iterable[str]) -> Sentence:
    """``a``, ``a and b``, ``a, b and 3 more``."""
    names = list(names)
    more = len(names) - _MOST_NAMED
    shown = names if more <= 1 else [*names[:_MOST_NAMED], f"{more} more"]
    pieces: list[str] = []
    for place, name in enumerate(shown):
        if place:
            pieces.append(" and " if place == len(shown) - 1 else ", ")
        pieces.append(Name(name) if name in names else name)
    return tuple(pieces)
