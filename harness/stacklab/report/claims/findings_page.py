"""``docs/findings.md``: every claim of the workspace, with its verdict in the reference results."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from stacklab.analysis.claims.agreement import Joint, is_by_rule_of, joint
from stacklab.model.claims.claim import Claim
from stacklab.model.claims.finding import ClaimVerdict, Finding, Tested
from stacklab.report.claims.words import (
    ablation_in_words,
    found_in_words,
    headline,
    original_in_words,
    reason,
    reason_of,
    rests_on,
    rule_in_words,
    with_unit,
)
from stacklab.report.kit.markdown import escaped, prose
from stacklab.report.kit.numbers import percent

KeptFindings: TypeAlias = Mapping[str, Sequence[tuple[Finding, Tested]]]
"""By claim: its findings, newest first, and the session of each."""


def findings_page(claims: Iterable[Claim], kept: KeptFindings) -> str:
    """The generated part of the page, as Markdown."""
    claims = tuple(claims)
    kept = {claim.name: _by_its_rule(claim, kept.get(claim.name, ())) for claim in claims}
    return "\n".join([*_table(claims, kept), *(line for claim in claims for line in _claim(claim, kept))])


def _table(claims: Iterable[Claim], kept: KeptFindings) -> Iterator[str]:
    yield "| Claim | Subject | Verdict | Sessions |"
    yield "| --- | --- | --- | --- |"
    for claim in claims:
        together = joint([finding for finding, _ in kept[claim.name]]) if kept[claim.name] else None
        verdict = "not tested under this rule yet" if together is None else _verdict(together)
        sessions = _sessions(() if together is None else together.verdicts)
        yield f"| [{claim.name}](#{claim.name}) | {escaped(claim.title)} | {verdict} | {sessions} |"


def _claim(claim: Claim, kept: KeptFindings) -> Iterator[str]:
    yield f"\n## {claim.name}\n"
    yield f"{prose(claim.statement)}\n"
    yield f"- Source: {prose(claim.source.text)}{f', <{claim.source.url}>' if claim.source.url else ''}"
    if found := kept[claim.name]:
        together = joint([finding for finding, _ in found])
        yield f"- **{_verdict(together)}**; sessions: {_sessions(together.verdicts)}"
        yield from _pooled(together)
        yield from _newest(*found[0])
    else:
        yield "- Not tested under this rule yet."
    if claim.today:
        yield f"- Changes since then: {prose(claim.today)}"
    yield f"- Run it with `stacklab reproduce {claim.name}`."


def _by_its_rule(claim: Claim, found: Sequence[tuple[Finding, Tested]]) -> list[tuple[Finding, Tested]]:
    """The findings by the rule that the claim has now; a finding by another rule says nothing about it."""
    return [(finding, of) for finding, of in found if is_by_rule_of(claim, finding, of.preset)]


def _verdict(together: Joint) -> str:
    """The joint verdict; of fewer than three sessions it is provisional."""
    return f"{together.verdict}{', provisionally' if together.is_provisional else ''}"


def _pooled(together: Joint) -> Iterator[str]:
    """The effects over all sessions, of the parts that have one."""
    if together.why:
        yield f"- {escaped(together.why)}"
    for part in together.parts:
        if part.pooled is not None:
            found = f"{part.what}: {with_unit(part.pooled.found, '')} over {part.pooled.found.n} sessions"
            share = f"{percent(part.pooled.between)} of the variance lies between sessions"
            yield f"- Pooled: {escaped(f'{found}: {part.pooled.verdict}; {share}.')}"


def _sessions(verdicts: Sequence[ClaimVerdict]) -> str:
    """``reproduced in 4 of 5, inconclusive in 1``."""
    counts = Counter(verdicts).most_common()
    return ", ".join(
        f"{verdict} in {times}{f' of {len(verdicts)}' if number == 0 else ''}"
        for number, (verdict, times) in enumerate(counts)
    )


def _newest(finding: Finding, tested: Tested) -> Iterator[str]:
    rounds = f"{finding.rounds} rounds" if finding.rounds else "no rounds"
    where = f"{tested.started_at[:10]}, {tested.machine}, preset {tested.preset}, {rounds}"
    yield f"- Newest session: {escaped(headline(finding))} ({escaped(where)})"
    for part in finding.parts:
        says = f"{part.says} " if part.says else ""
        beside = "" if part.decides else ", not part of the verdict"
        found = f"{part.reading.what}: {found_in_words(part.reading)}; rule: {rule_in_words(part.decision)}"
        why = "" if reason(part.reading) == reason_of(finding) else reason(part.reading)
        verdict = f"{says}{part.reading.verdict.value.capitalize()}{beside}."
        sentences = (verdict, f"{found}.", why, rests_on(part.reading, finding.rounds))
        yield f"  - {escaped(' '.join(filter(None, sentences)))}"
    for original in finding.originals:
        theirs, ours = original_in_words(original)
        beside = "" if original.ours is None else f", {ours} here"
        yield f"- {escaped(f'{original.what}: {theirs} in the source{beside}.')}"
    for ablation in finding.ablations:
        yield f"- {escaped(f'Without {ablation.removes}: {ablation_in_words(ablation)}')}"
