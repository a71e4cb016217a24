"""Any file of traffic: what it is shows, and what is left out is said."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

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
    _reader(path, text)(gathering)
    traffic = gathering.traffic()
    if not traffic.read:
        why = ", ".join(f"{left.count} {left.reason}" for left in traffic.left_out) or "it is empty"
        raise UsageError(f"{path}: contains no request that can be sent: {why}")
    return traffic


def _reader(path: Path, text: str) -> Callable[[Gathering], None]:
    """What reads this file."""
    if text.lstrip().startswith("{"):
        try:
            document = json.loads(text)
        except ValueError as error:
            raise UsageError(f"{path}: begins like JSON but is not valid JSON ({error})") from error
        for kind in (har, openapi):
            if kind.is_one(document):
                return lambda gathering: kind.gather(document, gathering)
        raise UsageError(f"{path}: is JSON, but neither HAR (`log.entries`) nor OpenAPI (`openapi` and `paths`)")
    if openapi.is_yaml(text):
        raise UsageError(f"{path}: is OpenAPI in YAML; save it as JSON, which the app may serve as /openapi.json")
    if access_log.is_one(text):
        return lambda gathering: access_log.gather(text, gathering)
    raise UsageError(f"{path}: is neither HAR, nor OpenAPI in JSON, nor an access log in the combined format")
