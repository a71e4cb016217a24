"""Whether the numbers of a session can be believed: a strip of sentences for the first screen, and doubts by cause."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from stacklab.analysis.rounds.cell import CellResult, Standing
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.record import Failed
from stacklab.model.measured.verdict import Validity
from stacklab.report.caveats import sentence
from stacklab.report.kit.numbers import difference, listed
from stacklab.report.session.view import View
from stacklab.report.session.words.verdicts import led_by

_MOST_CAUSES: Final = 3
_ENOUGH_TO_RANK: Final = 1.0
"""A session that sees only larger differences than this, twice as much, cannot rank by the metric."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """One kind of caveat, or of failure, with all cells that have it."""

    kind: str
    makes: str
    """The standing that cells get by it."""
    cells: tuple[CellResult, ...]
    sentences: tuple[str, ...]
    """Of each of the cells."""
    failures: tuple[Failed, ...] = ()

    @property
    def sentence(self) -> str:
        """Of the first of the cells."""
        return self.sentences[0]

    @property
    def alike(self) -> bool:
        """Whether the sentence holds for all of them, numbers included."""
        return len(set(self.sentences)) == 1

    @property
    def where(self) -> str:
        """The cells, by scenario: ``json: a, b; io: a``."""
        return _where(self.cells)

    @property
    def each(self) -> Iterator[tuple[CellResult, str]]:
        """Each cell with its sentence."""
        return zip(self.cells, self.sentences, strict=True)

    @property
    def said(self) -> Iterator[tuple[str, str]]:
        """Each different sentence, and for which cells it is said."""
        for text in dict.fromkeys(self.sentences):
            yield text, _where([cell for cell, said in self.each if said == text])


def _where(cells: Iterable[CellResult]) -> str:
    by_scenario: dict[str, list[str]] = {}
    for cell in cells:
        by_scenario.setdefault(cell.scenario, []).append(cell.stack)
    return "; ".join(f"{name}: {', '.join(stacks)}" for name, stacks in by_scenario.items())


def strip(view: View) -> tuple[str, ...]:
    """A few sentences: how many results are clean, what such a session sees, and what holds for this machine alone."""
    return tuple(filter(None, (_clean(view), _seen(view), *_alarms(view))))


def causes(cells: Iterable[CellResult]) -> tuple[Cause, ...]:
    """The causes of doubt, those that weigh most and concern most cells first; failures before all."""
    cells = tuple(cells)
    return (*_failures(cells), *_caused(cells, Validity.VOID), *_caused(cells, Validity.SUSPECT))


def remarks(cells: Iterable[CellResult]) -> tuple[Cause, ...]:
    """What leaves cells valid and is only to be known."""
    return tuple(_caused(tuple(cells), Validity.VALID))


def _failures(cells: Sequence[CellResult]) -> list[Cause]:
    by_reason: dict[tuple[str, str], list[tuple[CellResult, Failed]]] = {}
    for cell in cells:
        for failure in {(one.stage, one.reason): one for one in cell.failed}.values():
            by_reason.setdefault((failure.stage, failure.reason), []).append((cell, failure))
    return [
        Cause(
            kind=str(stage),
            makes=Standing.FAILED,
            cells=tuple(cell for cell, _ in found),
            sentences=(f"Failed at {stage}: {reason}",) * len(found),
            failures=(found[0][1],),
        )
        for (stage, reason), found in by_reason.items()
    ]


def _caused(cells: Sequence[CellResult], makes: Validity) -> list[Cause]:
    by_kind: dict[str, list[tuple[CellResult, Caveat]]] = {}
    for cell in cells:
        for caveat in cell.caveats:
            if caveat.makes is makes and (cell.rounds or caveat.kind is not CaveatKind.FAILED_ROUNDS):
                by_kind.setdefault(caveat.kind, []).append((cell, caveat))
    return [
        Cause(
            kind=kind,
            makes=makes,
            cells=tuple(cell for cell, _ in found),
            sentences=tuple(sentence(caveat) for _, caveat in found),
        )
        for kind, found in sorted(by_kind.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def _clean(view: View) -> str:
    cells = view.result.cells
    if not cells:
        return ""
    standings = Counter(cell.standing for cell in cells)
    clean = standings[Standing.VALID]
    if clean == len(cells):
        return f"All {len(cells)} results are free of doubt." if clean > 1 else "The result is free of doubt."
    kinds = Counter(
        kind
        for cell in cells
        for kind in {str(one.kind) for one in cell.caveats if one.makes is not Validity.VALID}
        if cell.rounds
    )
    most = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))[:_MOST_CAUSES]
    doubts = [f"{kind} {count}" for kind, count in most]
    other = [f"{standings[word]} {word}" for word in (Standing.FAILED, Standing.MISSING) if standings[word]]
    where = _concerned(view) if doubts else ""
    why = "; ".join(filter(None, (f"doubts: {', '.join(doubts)}{where}" if doubts else "", ", ".join(other))))
    told = sum(bool(cell.rounds) and cell.difference_validity is Validity.VALID for cell in cells)
    if told > clean:
        many = f"all {told}" if told == len(cells) else f"those between {told}"
        return f"The numbers of {clean} of {len(cells)} results are free of doubt, the differences of {many} ({why})."
    return f"{clean} of {len(cells)} results are free of doubt ({why})."


def _concerned(view: View) -> str:
    """The only scenario that doubts concern, where there are others."""
    doubted = {cell.scenario for cell in view.result.cells if cell.standing in {Standing.SUSPECT, Standing.VOID}}
    return f", all under {doubted.pop()}" if len(doubted) == 1 < len(view.scenarios) else ""


def _seen(view: View) -> str:
    """What differences such a session tells apart, by the metric that each scenario is about."""
    seen: list[tuple[float, str]] = []
    blind: list[str] = []
    for scenario in view.scenarios:
        metric = led_by(view, scenario)
        sees = view.result.sees.get(scenario.name, {}).get(metric.key)
        if sees is None or scenario.unranked:
            continue
        if sees > _ENOUGH_TO_RANK:
            blind.append(f"{metric.phrase} under {scenario.name}")
        else:
            seen.append((sees, scenario.name))
    sentences = []
    if seen:
        several = len(view.scenarios) > 1
        sentences.append(f"Four of five such sessions detect a difference of {_by_scenario(seen, named=several)}.")
    if blind:
        sentences.append(f"{listed(blind)} {'scatters' if len(blind) == 1 else 'scatter'} too much to rank stacks.")
    return " ".join(sentences)


def _by_scenario(seen: Sequence[tuple[float, str]], *, named: bool) -> str:
    if not named:
        return difference(seen[0][0])
    if len(seen) <= _MOST_CAUSES:
        return listed([f"{difference(sees)} ({name})" for sees, name in seen])
    (low, _), (high, where) = min(seen), max(seen)
    return f"{difference(low)} to {difference(high)} ({where})"


def _alarms(view: View) -> Iterator[str]:
    if view.result.alarms:
        where = listed([f"{metric.phrase} under {name}" for name, metric in view.result.alarms])
        yield f"Suspect: a stack that was measured twice differs from itself in {where}."
