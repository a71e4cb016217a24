"""What is needed to resume a session of the user's own app: it names local folders and holds secrets.

It is stored outside the session, in the user's state folder, under the name of the session and readable by no one else.
"""

import os
from pathlib import Path

from stacklab.adapters import adapter_of
from stacklab.errors import UsageError
from stacklab.model.own_app import Hostings


def write(notes: Path, session: str, hostings: Hostings) -> None:
    """Note how the app of this session is served."""
    path = notes / f"{session}.json"
    try:
        notes.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(path, "wb", opener=_private) as file:
            file.write(adapter_of(Hostings).dump_json(hostings, indent=1))
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written ({error.strerror}); without it the session cannot be resumed"
        ) from error


def read(notes: Path, session: str) -> Hostings:
    """How the app of this session is served. Raises UsageError where that is not known here."""
    path = notes / f"{session}.json"
    try:
        hostings: Hostings = adapter_of(Hostings).validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{session}: it measured your own app, and this machine has no record of how that is served ({path}); "
            "measure it again with `stacklab run --app`"
        ) from error
    return hostings


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
