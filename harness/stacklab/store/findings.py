"""``findings.json`` of a session: made from its files, as a page is, and as easily made again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from stacklab.errors import UsageError
from stacklab.model.claims.finding import Finding, Tested
from stacklab.store import documents
from stacklab.store.documents import writing

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
    for found in _by_claim(results.glob(f"*/{FINDINGS}")).values():
        yield found[0]


def kept_findings(folder: Path) -> dict[str, list[tuple[Finding, Tested]]]:
    """By claim, newest first: the findings among files that were copied out of sessions."""
    return _by_claim(folder.glob("*.json"))


def _by_claim(paths: Iterable[Path]) -> dict[str, list[tuple[Finding, Tested]]]:
    sessions: list[Tested] = []
    for path in paths:
        with suppress(UsageError):
            sessions.append(read_findings(path))
    found: dict[str, list[tuple[Finding, Tested]]] = defaultdict(list)
    for tested in sorted(sessions, key=lambda one: one.session, reverse=True):
        for finding in tested.findings:
            found[finding.claim].append((finding, tested))
    return found
