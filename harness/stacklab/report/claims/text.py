"""Claims in a terminal and as Markdown: the verdict first, then its evidence."""

from collections.abc import Callable, Iterable, Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from stacklab.model.claims.finding import Finding, PartFound
from stacklab.report.claims.view import ClaimView
from stacklab.report.claims.words import (
    STYLES,
    ablation_in_words,
    flip_in_words,
    found_in_words,
    original_in_words,
    reason,
    reason_of,
    remarks,
)
from stacklab.report.kit.markdown import code


def claim_lines(view: ClaimView) -> Iterator[tuple[int, str]]:
    """(depth, sentence), without the verdict itself."""
    claim, finding = view.claim, view.finding
    yield 1, claim.statement
    for part in finding.parts:
        yield from _part(part, finding)
    for original in finding.originals:
        theirs, ours = original_in_words(original)
        beside = "" if original.ours is None else f", {ours} here"
        yield 1, f"{original.what}: {theirs} in the source{beside}."
    for ablation in finding.ablations:
        yield 1, f"Without {ablation.removes}: {ablation_in_words(ablation)}"
    if finding.flips is not None:
        yield 1, f"Where the result flips: {flip_in_words(finding.flips)}"
    for arm in view.arms:
        if arm.failed:
            yield 1, f"{arm.failed} of {arm.failed + arm.completed} runs of {arm.name} failed: {arm.reason}"
        if arm.again:
            runs = "1 run was" if arm.again == 1 else f"{arm.again} runs were"
            yield 1, f"{arm.name}: {runs} repeated because of other activity on the processors."


def parts(views: Iterable[ClaimView]) -> Iterator[RenderableType]:
    """Every claim, for a terminal."""
    for view in views:
        verdict = view.finding.verdict
        yield Text()
        yield Text.assemble((view.claim.name, "bold"), ": ", (verdict.value, STYLES[verdict]), _rounds(view))
        if why := reason_of(view.finding):
            yield Padding(Text(why), (0, 0, 0, 2))
        for depth, sentence in claim_lines(view):
            yield Padding(Text(sentence), (0, 0, 0, 2 * depth))


def as_markdown(views: Iterable[ClaimView], escaped: Callable[[str], str]) -> Iterator[str]:
    """Every claim, as a section of a document."""
    for view in views:
        yield f"\n## {escaped(view.claim.title)}\n"
        yield f"{code(view.claim.name)}: **{view.finding.verdict}**{escaped(_rounds(view))}\n"
        if why := reason_of(view.finding):
            yield f"{escaped(why)}\n"
        yield from (f"{'  ' * (depth - 1)}- {escaped(sentence)}" for depth, sentence in claim_lines(view))
        yield f"- Source: {escaped(view.claim.source.text)}"
        yield f"- Run again with {code(view.command)}."


def _part(part: PartFound, finding: Finding) -> Iterator[tuple[int, str]]:
    reading, alone = part.reading, len(finding.parts) == 1
    number = f"{reading.what}: {found_in_words(reading)}"
    if alone:
        yield 1, number
    else:
        beside = "" if part.decides else " (not part of the verdict)"
        yield 1, f"{part.says} {reading.verdict.value.capitalize()}{beside}."
        yield 2, number
    for remark in remarks(reading, finding.rounds):
        if not (alone and remark == reason(reading)):
            yield 1 if alone else 2, remark


def _rounds(view: ClaimView) -> str:
    rounds = view.finding.rounds
    return f", {rounds} {'round' if rounds == 1 else 'rounds'}" if rounds else ""
