"""Requests as the command line says them: ``--path "POST /orders" --body @order.json --weight 3``."""

import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from stacklab.errors import UsageError
from stacklab.model.own_app import READING, RequestSpec

STANDARD_INPUT: Final = "-"


def requests_of(said: Iterable[tuple[str, Any]]) -> tuple[RequestSpec, ...]:
    """The requests of ``paths``, ``bodies`` and ``weights`` in the order of the command line.

    Raises UsageError where a body or a weight has no path before it, or its path has one already.
    """
    requests: list[RequestSpec] = []
    has: set[str] = set()
    for name, value in said:
        if name == "paths":
            requests.append(_request(value))
            has = set()
            continue
        option = {"bodies": "--body", "weights": "--weight"}[name]
        if not requests:
            raise UsageError(f"{option}: there is no --path before it; write it after the --path that it belongs to")
        if name in has:
            raise UsageError(f"{option}: --path {requests[-1].title!r} already has one")
        has.add(name)
        requests[-1] = _with(requests[-1], name, value)
    return tuple(requests)


def _request(text: str) -> RequestSpec:
    """``/orders`` or ``POST /orders``: whoever names a method here has said that the request may change things."""
    found = re.fullmatch(r"([A-Za-z]+)\s+(/.*)", text, re.DOTALL)
    method, path = ("GET", text) if found is None else (found[1].upper(), found[2])
    return RequestSpec(path=path, method=method, changes=method not in READING)


def _with(request: RequestSpec, name: str, value: Any) -> RequestSpec:
    if name == "weights":
        return replace(request, weight=value)
    if request.method in READING:
        raise UsageError(f"--body: a {request.method} has no body; name the method, as in --path 'POST {request.path}'")
    return replace(request, body=text_of(value, option="--body"))


def text_of(value: str, *, option: str) -> str:
    """The value itself, or, of ``@FILE``, the text of the file; ``@-`` is standard input."""
    return read_text(value[1:], option=option) if value.startswith("@") else value


def read_text(name: str, *, option: str) -> str:
    """The text of a file, or of standard input for ``-``. Raises UsageError where there is none."""
    try:
        if name == STANDARD_INPUT:
            return sys.stdin.read()
        return Path(name).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{option}: {name} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UsageError(f"{option}: {name} is not text in UTF-8") from error
