"""``findings.json`` of a session: made from its files, as a page is, and as easily made again."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from stacklab.errors import UsageError
from stacklab.model.finding import Finding, Tested
from stacklab.store import documents
from stacklab.store.journal import writing

FINDINGS: Final = "findings.json"


def keep_findings(folder: Path, tested: Tested) -> None:
    """Write what has been found so far."""
    with writing(folder):
        documents.write(folder / FINDINGS, tested, Tested)


def read_findings(path: Path) -> Tested:
    """Read one such file."""
    tested: Tested
    tested, _ = documents.read(path, Tested)
    return tested


def latest_findings(results: Path) -> Iterator[tuple[Finding, Tested]]:
    """The newest finding of every claim among sessions; what cannot be read is left out."""
    yield from _latest(results.glob(f"*/{FINDINGS}"))


def latest_kept(folder: Path) -> Iterator[tuple[Finding, Tested]]:
    """The newest finding of every claim among files that were copied out of sessions."""
    yield from _latest(folder.glob("*.json"))


def _latest(paths: Iterable[Path]) -> Iterator[tuple[Finding, Tested]]:
    found: list[Tested] = []
    for path in paths:
        with suppress(UsageError):
            found.append(read_findings(path))
    seen: set[str] = set()
    for tested in sorted(found, key=lambda one: one.session, reverse=True):
        for finding in tested.findings:
            if finding.claim not in seen:
                seen.add(finding.claim)
                yield finding, tested
