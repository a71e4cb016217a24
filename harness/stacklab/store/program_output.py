"""What a program of a claim printed: rows, one JSON object a line, and anything else, which is its log."""

import math
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_core import to_json

from stacklab.adapters import adapter_of
from stacklab.errors import StageError, UsageError
from stacklab.model.measured.record import Row
from stacklab.store.documents import first_fault
from stacklab.store.door import MOST_BYTES_OF_SAMPLES, insist_on_file, parse

PRINTED: Final = "program.log"
ROWS: Final = "rows.jsonl"


def keep_printed(folder: Path) -> tuple[str, ...]:
    """Part ``program.log``: rows go to ``rows.jsonl``, the rest stays, and is returned.

    Raises StageError for a line that is not a row.
    """
    lines = (folder / PRINTED).read_text(encoding="utf-8", errors="replace").splitlines()
    rows = [_row(line) for line in lines if line.startswith("{")]
    rest = tuple(line for line in lines if not line.startswith("{"))
    (folder / ROWS).write_bytes(b"".join(adapter_of(Row).dump_json(row) + b"\n" for row in rows))
    (folder / PRINTED).write_text("".join(f"{line}\n" for line in rest), encoding="utf-8")
    return rest


def read_rows(path: Path) -> tuple[Row, ...]:
    """The rows of one run. Raises ``UsageError`` that names the file."""
    try:
        insist_on_file(path, most_bytes=MOST_BYTES_OF_SAMPLES)
        return tuple(_read_row(line) for line in path.read_bytes().splitlines())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); is the session complete?") from error
    except ValidationError as error:
        raise UsageError(f"{path}: {first_fault(error)}; was the file edited?") from error
    except ValueError as error:
        raise UsageError(f"{path}: cannot be read as lines of JSON ({error}); was the file edited?") from error


def _read_row(line: bytes) -> Row:
    row: Row = adapter_of(Row).validate_json(to_json(parse(line)))
    return row


def _row(line: str) -> Row:
    try:
        row: Row = adapter_of(Row).validate_json(line)
    except ValidationError as error:
        raise StageError(f"it printed {_shown(line)}, which is not a row: {first_fault(error)}") from error
    if not math.isfinite(row.value):
        raise StageError(f"it printed {_shown(line)}, which has no finite value")
    return row


def _shown(line: str, limit: int = 120) -> str:
    return line if len(line) <= limit else f"{line[:limit]}…"
