"""The JSON files of a session: records in, records out, written by rename so that a half-written one never counts.

``FORMAT_VERSION`` covers every file of a session; readers accept every version ever released. History, newest first:

3 - (0.1.0) run.json keeps the first failed responses of each kind (``driver.failures``); an endpoint of the contract
    may name the ``template`` of its route. The plan says ``capacity``, and a run of such a plan its ``ladder``; it says
    which scenarios were ``swept``.
2 - (0.1.0) slices.parquet beside the requests of a run that was measured in slices; the plan says ``interleaved``
    and ``by_scenario``.
1 - (0.1.0) first.
"""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import to_json

from stacklab.adapters import adapter_of
from stacklab.errors import UsageError
from stacklab.store import door

FORMAT_VERSION: Final = 3

_LONGEST_KEY: Final = 100
"""Letters of the key that a sentence names."""

DocumentT = TypeVar("DocumentT")


def write(path: Path, record: object, kind: Any, **beside: str) -> None:
    """Write one record of type ``kind`` under the format's version, with what stands ``beside`` it, by rename."""
    document = {
        "format_version": FORMAT_VERSION,
        **beside,
        "record": adapter_of(kind).dump_python(record, mode="json"),
    }
    replace_text(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def replace_text(path: Path, text: str) -> None:
    """Write a file of a session as a draft beside it and rename that, so that no link is followed, nor half written."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    with draft.open("x", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read(path: Path, kind: type[DocumentT] | Any) -> tuple[DocumentT, dict[str, Any]]:
    """Read one record of type ``kind``, and what stands beside it. Raises ``UsageError`` that names the file."""
    document = read_json(path)
    version = document.get("format_version") if isinstance(document, dict) else None
    if not isinstance(version, int) or "record" not in document:
        raise UsageError(f"{path}: not a file of a stacklab session")
    if version > FORMAT_VERSION:
        raise UsageError(
            f"{path}: written in format {version}, and this stacklab reads up to {FORMAT_VERSION}; upgrade stacklab"
        )
    record = document.pop("record")
    try:
        return adapter_of(kind).validate_json(to_json(record)), document
    except ValidationError as error:
        raise UsageError(f"{path}: {first_fault(error)}; was the file edited?") from error
    except (RecursionError, OverflowError) as error:  # a regular expression of a contract, for example
        raise UsageError(f"{path}: a value in it is too large or too deep; was the file edited?") from error


def first_fault(error: ValidationError) -> str:
    """The first thing that is wrong, and where, as one piece of a sentence."""
    first = error.errors(include_url=False)[0]
    key = ".".join(map(str, first["loc"]))[:_LONGEST_KEY]
    return f"`{key}`: {first['msg']}" if key else first["msg"]


def read_json(path: Path, *, most_bytes: int = door.MOST_BYTES) -> Any:
    """Any JSON document of a session. Raises ``UsageError`` that names the file."""
    try:
        door.insist_on_file(path, most_bytes=most_bytes)
        return door.parse(path.read_bytes())
    except FileNotFoundError as error:
        raise UsageError(f"{path}: not found; is the session complete?") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read as JSON ({error}); is the session complete?") from error


def refuse(path: Path, error: OSError, *, instead: str) -> UsageError:
    """The sentence for what could not be written; ``instead`` says what else there is to do."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return UsageError(f"{path}: the disk is full; free some space and resume with --resume, or repeat the command")
    return UsageError(f"{path}: cannot be written ({error.strerror or error}); {instead}")


@contextmanager
def writing(path: Path, *, instead: str = "choose another folder with --results") -> Iterator[None]:
    """A full disk or a forbidden folder becomes a sentence that names the path, and what to do ``instead``."""
    try:
        yield
    except OSError as error:
        raise refuse(path, error, instead=instead) from error
