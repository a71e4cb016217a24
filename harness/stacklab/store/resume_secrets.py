"""What a session of an app of the user's own needs to go on, kept beside no session: it names folders, and has secrets.

It lies among the user's own state, readable by nobody else, under the name of the session.
"""

import os
from pathlib import Path

from pydantic import TypeAdapter

from stacklab.errors import UsageError
from stacklab.model.own_app import Hosting

_HOSTING = TypeAdapter(Hosting)


def write(notes: Path, session: str, hosting: Hosting) -> None:
    """Note how the app of this session is served."""
    path = notes / f"{session}.json"
    try:
        notes.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(path, "wb", opener=_private) as file:
            file.write(_HOSTING.dump_json(hosting, indent=1))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); without it no session can go on") from error


def read(notes: Path, session: str) -> Hosting:
    """How the app of this session is served. Raises UsageError where that is not known here."""
    path = notes / f"{session}.json"
    try:
        return _HOSTING.validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{session}: it measured an app of somebody's own, and how that is served is not known here ({path}); "
            "measure it anew with `stacklab run --app`"
        ) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
