"""JSON documents: how a value that spreads over rounds stands in them, and how numbers are written."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from stacklab.model.measured.verdict import Estimate


def estimate(found: Estimate | None, *, at_least: bool = False) -> dict[str, Any] | None:
    """``value``, ``low`` and ``high``, and ``n``, how many rounds; ``at_least`` for what is only a lower bound."""
    if found is None:
        return None
    return asdict(found) | ({"at_least": True} if at_least else {})


def written(document: Any) -> str:
    """The document as text: rounded, indented, with a newline at its end."""
    return json.dumps(rounded(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def rounded(value: Any) -> Any:
    """Six significant digits wherever there is a fraction: more than any means, and the same on every processor."""
    if isinstance(value, Mapping):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
