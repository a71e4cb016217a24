"""Promises: what a service is to keep under load, such as ``p99<50ms`` or ``errors<1%``."""

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from stacklab.errors import UsageError

_QUANTILES: Final = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
_UNITS: Final = {"us": 0.001, "µs": 0.001, "ms": 1.0, "s": 1000.0}
_FORM: Final = re.compile(r"\s*(?P<what>[a-z0-9.]+)\s*<=?\s*(?P<value>\d+(\.\d+)?)\s*(?P<unit>[a-zµ%]*)\s*")

SHORTEST_MS: Final = 0.1
"""No server answers faster than this over a socket."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServicePromise:
    """A share of the requests, at most, may be bad: late, or failed."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    text: str
    """As it was given, without spaces."""
    allowed: float
    """The share of the requests that may be bad."""
    limit_ms: float | None = None
    """A request is late if its latency from the intended start is above this. None: only failed requests are bad."""


def parse(text: str) -> ServicePromise:
    """Read a promise. Raises ``UsageError`` with a sentence for one that makes no sense."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise UsageError(f"--slo {text!r}: write a promise such as 'p99<50ms' or 'errors<1%'")
    what, value, unit = found["what"], float(found["value"]), found["unit"]
    plain = re.sub(r"\s", "", text)
    if what == "errors":
        if unit != "%":
            raise UsageError(f"--slo {text!r}: write the share of errors in percent, such as 'errors<1%'")
        if not 0 < value < 100:
            raise UsageError(f"--slo {text!r}: the share of errors must lie between 0 % and 100 %")
        return ServicePromise(text=plain, allowed=value / 100)
    if what not in _QUANTILES:
        raise UsageError(f"--slo {text!r}: {what!r} is none of {', '.join(_QUANTILES)} and errors")
    if unit not in _UNITS:
        raise UsageError(f"--slo {text!r}: name the unit of {found['value']}, which is us, ms or s")
    limit_ms = value * _UNITS[unit]
    if limit_ms < SHORTEST_MS:
        raise UsageError(f"--slo {text!r}: no server responds so fast; choose {SHORTEST_MS:g} ms or more")
    return ServicePromise(text=plain, allowed=round(1 - _QUANTILES[what], 6), limit_ms=limit_ms)
