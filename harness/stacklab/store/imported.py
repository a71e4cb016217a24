"""``imported.json`` beside the sessions: numbers of other programs, for the history."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from stacklab.model.measured.imported import ImportedPoint
from stacklab.store import documents
from stacklab.store.documents import writing
from stacklab.version import __version__

IMPORTED: Final = "imported.json"


def read(results: Path) -> tuple[ImportedPoint, ...]:
    """All points, in the order of time. Raises ``UsageError`` that names the file if it cannot be read."""
    path = results / IMPORTED
    if not path.is_file():
        return ()
    points: tuple[ImportedPoint, ...]
    points, _ = documents.read(path, tuple[ImportedPoint, ...])
    return points


def add(points: Iterable[ImportedPoint], results: Path) -> tuple[Path, int]:
    """Keep these beside those that are there; gives the path, and how many are new. The same point is kept once."""
    known = {one.key: one for one in read(results)}
    before = len(known)
    known |= {one.key: one for one in points}
    path = results / IMPORTED
    with writing(path):
        results.mkdir(parents=True, exist_ok=True)
        ordered = tuple(sorted(known.values(), key=lambda one: (one.at, one.benchmark, one.measure)))
        documents.write(path, ordered, tuple[ImportedPoint, ...], stacklab=__version__)
    return path, len(known) - before
