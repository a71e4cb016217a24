"""What a program of a claim printed: rows, one JSON object a line, and anything else, which is its log."""

import math
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from stacklab.adapters import adapter_of
from stacklab.errors import StageError, UsageError
from stacklab.model.record import Row
from stacklab.store.documents import first_fault

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
        return tuple(adapter_of(Row).validate_json(line) for line in path.read_text(encoding="utf-8").splitlines())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); is the session complete?") from error
    except ValidationError as error:
        raise UsageError(f"{path}: {first_fault(error)}; was the file edited?") from error


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
