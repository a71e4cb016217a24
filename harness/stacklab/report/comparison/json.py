"""A comparison as JSON: for scripts and dashboards.

``schema_version`` grows when a key changes its meaning or goes; new keys may come without notice. History:

1 - (0.1.0) first.

``ratio`` is B over A with its 95 % interval. ``verdict`` is ``faster`` where B is the better and ``slower`` where it is
the worse, whatever the metric; ``tie``; ``cannot say``; or null where nothing can be compared, and ``why`` says why.
``failures`` holds the conditions of ``--fail-if`` that are met, a sentence each.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from stacklab.report.comparison.view import ComparisonView
from stacklab.report.kit.json import written

SCHEMA_VERSION: Final = 1


def render(view: ComparisonView, failures: Sequence[str]) -> str:
    """The document as text."""
    return written({"schema_version": SCHEMA_VERSION, **asdict(view), "failures": list(failures)})
