"""Any file of traffic: what it is shows, and what is left out is said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from stacklab.catalog.traffic import access_log, har, openapi
from stacklab.catalog.traffic.gathering import Gathering
from stacklab.errors import UsageError
from stacklab.model.own_app import Traffic

MOST_BYTES: Final = 256 * 1024 * 1024


def read(path: Path) -> Traffic:
    """The requests of a file, each once and with its weight. Raises UsageError for a file that holds none."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path}: is larger than {MOST_BYTES // 1024**2} MiB; use a part of it")
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    gathering = Gathering()
    try:
        _reader(path, text)(gathering)
    except ValueError as error:
        raise UsageError(f"{path}: {error}") from error
    traffic = gathering.traffic()
    if not traffic.read:
        why = ", ".join(f"{left.count} {left.reason}" for left in traffic.left_out) or "it is empty"
        raise UsageError(f"{path}: contains no request that can be sent: {why}")
    return traffic


def _reader(path: Path, text: str) -> Callable[[Gathering], None]:
    """What reads this file."""
    document: Any = None
    if text.lstrip().startswith("{"):
        document = _json(path, text)
    elif openapi.is_yaml(text):
        document = openapi.from_yaml(path, text)
    elif access_log.is_one(text):
        return lambda gathering: access_log.gather(text, gathering)
    else:
        raise UsageError(f"{path}: is neither HAR, nor OpenAPI, nor an access log that stacklab can read")
    for kind in (har, openapi):
        if kind.is_one(document):
            return lambda gathering: kind.gather(document, gathering)
    raise UsageError(f"{path}: is neither HAR (`log.entries`) nor OpenAPI (`openapi` and `paths`)")


def _json(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise UsageError(f"{path}: is nested too deeply to be read") from error
    except ValueError as error:
        raise UsageError(f"{path}: begins like JSON but is not valid JSON ({error})") from error
