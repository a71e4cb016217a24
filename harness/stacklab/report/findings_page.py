"""``docs/findings.md``: every claim of the workspace, and what became of it in the reference results."""

from collections.abc import Iterable, Iterator, Mapping

from stacklab.model.claim import Claim
from stacklab.model.finding import Finding, Tested
from stacklab.report.claim_words import ablation_in_words, found_in_words, headline, original_in_words
from stacklab.report.markdown import escaped
from stacklab.report.prose import as_markdown
from stacklab.report.rule_words import rule_in_words


def findings_page(claims: Iterable[Claim], last: Mapping[str, tuple[Finding, Tested]]) -> str:
    """The generated part of the page, as Markdown."""
    claims = tuple(claims)
    return "\n".join([*_table(claims, last), *(line for claim in claims for line in _claim(claim, last))])


def _table(claims: Iterable[Claim], last: Mapping[str, tuple[Finding, Tested]]) -> Iterator[str]:
    yield "| Claim | What it is about | Verdict |"
    yield "| --- | --- | --- |"
    for claim in claims:
        verdict = last[claim.name][0].verdict if claim.name in last else "not tried yet"
        yield f"| [{claim.name}](#{claim.name}) | {escaped(claim.title)} | {verdict} |"


def _claim(claim: Claim, last: Mapping[str, tuple[Finding, Tested]]) -> Iterator[str]:
    yield f"\n## {claim.name}\n"
    yield f"{as_markdown(claim.statement)}\n"
    yield f"- Source: {as_markdown(claim.source.text)}{f', <{claim.source.url}>' if claim.source.url else ''}"
    if claim.name in last:
        yield from _finding(*last[claim.name])
    else:
        yield "- Not tried yet."
    if claim.today:
        yield f"- What has changed since: {as_markdown(claim.today)}"
    yield f"- Run it with `stacklab reproduce {claim.name}`."


def _finding(finding: Finding, tested: Tested) -> Iterator[str]:
    rounds = f"{finding.rounds} rounds" if finding.rounds else "no rounds"
    where = f"{tested.started_at[:10]}, {tested.machine}, preset {tested.preset}, {rounds}"
    yield f"- **{escaped(headline(finding))}** ({escaped(where)})"
    for part in finding.parts:
        says = f"{part.says} " if part.says else ""
        beside = "" if part.decides else ", beside the verdict"
        found = f"{part.reading.what}: {found_in_words(part.reading)}; rule: {rule_in_words(part.decision)}"
        why = f" {part.reading.why}" if part.reading.why not in {"", finding.why} else ""
        yield f"  - {escaped(f'{says}{part.reading.verdict.value.capitalize()}{beside}. {found}.{why}')}"
    for original in finding.originals:
        theirs, ours = original_in_words(original)
        beside = "" if original.ours is None else f", {ours} here"
        yield f"- {escaped(f'{original.what}: {theirs} in the source{beside}.')}"
    for ablation in finding.ablations:
        yield f"- {escaped(f'Without {ablation.removes}: {ablation_in_words(ablation)}')}"
