"""CSV: texts that no spreadsheet takes for a formula, and numbers with as many digits as JSON has."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from stacklab.report.kit.json import rounded

BYTE_ORDER_MARK: Final = "\ufeff"
"""Before a file: without it, Excel reads µ as two letters."""

Field: TypeAlias = str | float | int | bool | None

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet would compute (OWASP, "CSV Injection")."""


def written(head: Sequence[str], rows: Iterable[Sequence[Field]]) -> str:
    """The table as text (RFC 4180); nothing where there is no value."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([_field(one) for one in row] for row in rows)
    return out.getvalue()


def _field(value: Field) -> Field:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    rounded_value: Field = rounded(value)
    return rounded_value
