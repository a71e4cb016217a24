"""OpenAPI documents: every GET, its parameters filled in by the examples that the document has."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from stacklab.catalog.traffic.gathering import Gathering

METHODS: Final = ("get", "head", "post", "put", "patch", "delete", "options", "trace")

_NOTHING: Final = object()
"""Where a document has no value: null is one."""


def is_one(document: Any) -> bool:
    """Whether it has the form of an OpenAPI document, of version 2 too."""
    return ("openapi" in document or "swagger" in document) and isinstance(document.get("paths"), dict)


def is_yaml(text: str) -> bool:
    """Whether it looks like such a document in YAML."""
    return re.search(r"^(openapi|swagger):", text, re.MULTILINE) is not None


def gather(document: Any, gathering: Gathering) -> None:
    """Every operation that only reads, and whose required parameters have an example."""
    base = _base(document)
    for path, item in document["paths"].items():
        if not isinstance(item, dict):
            continue
        for method in METHODS:
            operation = item.get(method)
            if isinstance(operation, dict):
                shared = item.get("parameters", [])
                parameters = list(_parameters(document, [*shared, *operation.get("parameters", [])]))
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
                path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
            case "query":
                query.append((name, str(value)))
            case "header":
                headers[name.lower()] = str(value)
    if "{" in path:
        gathering.leave_out("with a part of its path that no parameter describes")
        return
    gathering.add(method, f"{path}?{urlencode(query)}" if query else path, headers, template=template)


def _parameters(document: Any, listed: list[Any]) -> Iterator[Mapping[str, Any]]:
    """Each parameter once, references followed; an operation's own wins over its path's."""
    found: dict[tuple[Any, Any], Mapping[str, Any]] = {}
    for one in listed:
        parameter = _resolved(document, one)
        if isinstance(parameter, dict):
            found[parameter.get("name"), parameter.get("in")] = parameter
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


def _base(document: Any) -> str:
    """The path before all others."""
    servers = document.get("servers")
    first = servers[0].get("url", "") if isinstance(servers, list) and servers and isinstance(servers[0], dict) else ""
    return (urlsplit(str(first)).path or str(document.get("basePath", ""))).rstrip("/")


def _resolved(document: Any, one: Any) -> Any:
    """What a reference within the document names."""
    reference = one.get("$ref") if isinstance(one, dict) else None
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return one
    node = document
    for key in reference[2:].split("/"):
        node = node.get(key.replace("~1", "/").replace("~0", "~"), {}) if isinstance(node, dict) else {}
    return node
