"""A comparison as JSON: for scripts and dashboards.

``schema_version`` grows when a key changes its meaning or goes; new keys may come without notice. History:

1 - (0.1.0) first.

``ratio`` is B over A with its 95 % interval. ``verdict`` is ``faster`` where B is the better and ``slower`` where it is
the worse, whatever the metric; ``tie``; ``cannot say``; or null where nothing can be compared, and ``why`` says why.
``failures`` holds the conditions of ``--fail-if`` that are met, a sentence each.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from stacklab.report.comparison_view import ComparisonView

SCHEMA_VERSION: Final = 1


def render(view: ComparisonView, failures: Sequence[str]) -> str:
    """One JSON document, indented, with a newline at its end."""
    document = {"schema_version": SCHEMA_VERSION, **asdict(view), "failures": list(failures)}
    return json.dumps(_rounded(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _rounded(value: Any) -> Any:
    """Six significant digits, as in a report."""
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
