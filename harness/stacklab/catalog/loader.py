"""From one TOML file to one record; what is wrong with the file is said in one sentence that names the key."""

import difflib
import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from stacklab.adapters import adapter_of
from stacklab.errors import UsageError

RecordT = TypeVar("RecordT")

_UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}

_SHAPES = {
    "int": "a number",
    "float": "a number",
    "tuple[str, ...]": "a list of words",
    "dict[str,str]": "a table of words",
}
"""What Pydantic calls the branches of a union that are no records."""


def load(path: Path, record: type[RecordT], *, named: bool = True) -> RecordT:
    """Read ``path`` as a ``record``; a named record takes its name from the file.

    Raises ``UsageError``, naming the file and the key, for syntax errors, unknown keys, wrong types and bad values.
    """
    try:
        return _record(path, record, _table(path), named=named)
    except (RecursionError, OverflowError) as error:
        raise UsageError(f"{path}: a value in it is too large or too deep") from error


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # not UTF-8, or a number of thousands of digits
        raise UsageError(f"{path}: cannot be read: {error}") from error


def _record(path: Path, record: type[RecordT], table: dict[str, Any], *, named: bool) -> RecordT:
    if named:
        if "name" in table:
            raise UsageError(f"{path}: remove the key `name`: the name is that of the file")
        table["name"] = path.stem
    for key in _infinite(table):
        raise UsageError(f"{path}: `{key}`: write a finite number")
    try:
        # By way of JSON, because strict JSON knows lists where records have tuples, and strings where they have enums.
        found: RecordT = adapter_of(record).validate_json(json.dumps(table, default=str), strict=True)
    except ValidationError as error:
        raise UsageError(f"{path}: {_sentence(error, record, table)}") from error
    return found


def _infinite(value: Any, key: str = "") -> Iterator[str]:
    """The keys of what TOML calls a number and nothing can be done with: ``inf`` and ``nan``."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _infinite(one, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _infinite(one, f"{key}.{place}")
    elif isinstance(value, float) and not math.isfinite(value):
        yield key


def _sentence(error: ValidationError, record: type[object], table: Mapping[str, Any]) -> str:
    """The first thing that is wrong."""
    detail = _most_telling(error)
    parts = [str(part) for part in detail["loc"] if not _is_type_name(part)]
    key = ".".join(parts)
    if detail["type"] in _UNKNOWN:
        known = _keys_beside(record, parts, detail)
        near = difflib.get_close_matches(parts[-1], known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(sorted(known))}"
        return f"unknown key `{key}`; {hint}"
    if detail["type"] in {"missing", "missing_argument", "missing_keyword_only_argument"}:
        return f"the key `{key}` is missing"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "value_error":  # from __post_init__, which names the key itself
        return ".".join((*parts, message))
    value = _value_at(table, detail["loc"])
    return f"`{key}`: {message[0].lower()}{message[1:]}, not {value}"


def _most_telling(error: ValidationError) -> ErrorDetails:
    """Of a union, the branch that the file seems to mean: the one whose ``kind`` fits, with the fewest errors."""
    details = error.errors(include_url=False)
    shape = next((place for place, part in enumerate(details[0]["loc"]) if part in _SHAPES), None)
    if shape is not None:
        where = details[0]["loc"][:shape]
        tried = dict.fromkeys(_SHAPES[str(one["loc"][shape])] for one in details if one["loc"][:shape] == where)
        return {**details[0], "loc": where, "msg": f"should be {' or '.join(tried)}"}
    branches: dict[tuple[str, ...], list[ErrorDetails]] = {}
    for detail in details:
        branches.setdefault(tuple(str(part) for part in detail["loc"] if _is_type_name(part)), []).append(detail)

    def misfit(branch: list[ErrorDetails]) -> tuple[bool, int]:
        return any(_is_kind(detail) for detail in branch), len(branch)

    kinds = [detail for detail in details if _is_kind(detail)]
    if len(branches) > 1 and len(kinds) == len(branches):
        wanted = " or ".join(str(detail.get("ctx", {}).get("expected", "?")) for detail in kinds)
        return {**kinds[0], "msg": f"should be {wanted}"}
    best = min(branches.values(), key=misfit)
    # A misspelt key is also a missing one: the misspelling is what the user can see.
    return next((detail for detail in best if detail["type"] in _UNKNOWN), best[0])


def _is_kind(detail: ErrorDetails) -> bool:
    return detail["loc"][-1:] == ("kind",)


def _is_type_name(part: int | str) -> bool:
    """Pydantic puts the name of a union's branch (``Closed``) into the location; keys of ours are in lower case."""
    return isinstance(part, str) and part[:1].isupper()


def _keys_beside(record: type[object], parts: list[str], detail: ErrorDetails) -> list[str]:
    """The keys that would have been right where the unknown one stands."""
    schema = adapter_of(record).json_schema()
    node: Any = schema
    branch = next((part for part in reversed(detail["loc"]) if _is_type_name(part)), None)
    if branch is not None:
        node = schema["$defs"][branch]
    else:
        for part in parts[:-1]:
            node = _child(_resolved(schema, node), part)
    return [key for key in _resolved(schema, node).get("properties", {}) if key != "name"]


def _child(node: Mapping[str, Any], part: str) -> Any:
    if part.isdecimal():
        return node.get("items", {})
    return node.get("properties", {}).get(part) or node.get("additionalProperties", {})


def _resolved(schema: Mapping[str, Any], node: Any) -> Mapping[str, Any]:
    reference = node.get("$ref") if isinstance(node, dict) else None
    return cast("Mapping[str, Any]", schema["$defs"][reference.rpartition("/")[2]] if reference else node)


def _value_at(table: Mapping[str, Any], location: tuple[int | str, ...]) -> str:
    """What stands in the file at that place, as JSON."""
    value: Any = table
    for part in location:
        if not _is_type_name(part):
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return "this"
    return json.dumps(value, default=str)
