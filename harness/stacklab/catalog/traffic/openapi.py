"""OpenAPI documents: every GET, its parameters filled in by the examples that the document has."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from stacklab.catalog.traffic.gathering import Gathering
from stacklab.errors import UsageError

METHODS: Final = ("get", "head", "post", "put", "patch", "delete", "options", "trace")

_NOTHING: Final = object()
"""Where a document has no value: null is one."""


def is_one(document: Any) -> bool:
    """Whether it has the form of an OpenAPI document, of version 2 too."""
    return (
        isinstance(document, dict)
        and ("openapi" in document or "swagger" in document)
        and isinstance(document.get("paths"), dict)
    )


def is_yaml(text: str) -> bool:
    """Whether it looks like such a document in YAML."""
    return re.search(r"^(['\"]?)(openapi|swagger)\1\s*:", text, re.MULTILINE) is not None


def from_yaml(path: Path, text: str) -> Any:
    """The document. Raises UsageError, with the line, for what is not YAML."""
    import yaml  # noqa: PLC0415 (few commands read YAML, and all would wait for it)

    try:
        # CSafeLoader reads a large document in a tenth of the time, but not every PyYAML has it.
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (both are safe)
    except RecursionError as error:
        raise UsageError(f"{path}: is nested too deeply to be read") from error
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f"line {mark.line + 1}: "
        raise UsageError(f"{path}: is not valid YAML ({where}{getattr(error, 'problem', None) or error})") from error


def gather(document: Any, gathering: Gathering) -> None:
    """Every operation that only reads, and whose required parameters have an example."""
    base = _base(document)
    for path, item in document["paths"].items():
        if not isinstance(item, dict):
            continue
        for method in METHODS:
            operation = item.get(method)
            if isinstance(operation, dict):
                listed = [*_list(item.get("parameters")), *_list(operation.get("parameters"))]
                parameters = list(_parameters(document, listed))
                _gather_one(method, f"{base}{path}", parameters, gathering)


def _gather_one(method: str, path: str, parameters: list[Mapping[str, Any]], gathering: Gathering) -> None:
    """One operation, with its required parameters filled in."""
    template = path
    query: list[tuple[str, str]] = []
    headers: dict[str, str] = {}
    for parameter in parameters:
        name, where = str(parameter.get("name")), parameter.get("in")
        if not parameter.get("required") and where != "path":
            continue
        value = _example(parameter)
        if value is _NOTHING:
            gathering.leave_out(f"without an example of the required parameter {name!r} ({where})")
            return
        match where:
            case "path":
                path = path.replace(f"{{{name}}}", quote(_text(value), safe=""))
            case "query":
                query.extend((name, _text(one)) for one in (value if isinstance(value, list) else [value]))
            case "header":
                headers[name.lower()] = _text(value)
    if "{" in path:
        gathering.leave_out("with a part of its path that no parameter describes")
        return
    gathering.add(method, f"{path}?{urlencode(query)}" if query else path, headers, template=template)


def _parameters(document: Any, listed: list[Any]) -> Iterator[Mapping[str, Any]]:
    """Each parameter once, references followed; an operation's own wins over its path's."""
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for one in listed:
        parameter = _resolved(document, one)
        if isinstance(parameter, dict) and isinstance(parameter.get("name"), str):
            found[parameter["name"], str(parameter.get("in"))] = parameter
    yield from found.values()


def _example(parameter: Mapping[str, Any]) -> Any:
    """A value that the document gives for it, or nothing."""
    schema = parameter.get("schema")
    for holder in (parameter, schema if isinstance(schema, dict) else {}):
        for key in ("example", "default", "const"):
            if key in holder:
                return holder[key]
        several = holder.get("examples")
        if isinstance(several, list) and several:
            return several[0]
        if isinstance(several, dict) and several:
            first = next(iter(several.values()))
            if isinstance(first, dict) and "value" in first:
                return first["value"]
        if isinstance(holder.get("enum"), list) and holder["enum"]:
            return holder["enum"][0]
    return _NOTHING


def _text(value: Any) -> str:
    """An example as it stands in a URL or a header: true and not Python's True; a list is written with commas."""
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _base(document: Any) -> str:
    """The path before all others. Raises ValueError for an address that is not one."""
    servers = _list(document.get("servers"))
    first = servers[0].get("url", "") if servers and isinstance(servers[0], dict) else ""
    try:
        path = urlsplit(str(first)).path
    except ValueError as error:
        raise ValueError(f"`servers.0.url`: {first!r} is not an address ({error})") from error
    return (path or str(document.get("basePath", ""))).rstrip("/")


def _resolved(document: Any, one: Any) -> Any:
    """What a reference within the document names."""
    reference = one.get("$ref") if isinstance(one, dict) else None
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return one
    node = document
    for key in reference[2:].split("/"):
        node = node.get(key.replace("~1", "/").replace("~0", "~"), {}) if isinstance(node, dict) else {}
    return node
