"""Asking another service as bare WSGI: with the standard library's HTTP client, and with a bare socket."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from http.client import HTTPConnection
from typing import Any

import work
from delays import with_sockets

Environ = dict[str, Any]
Answer = tuple[str, str, Iterable[bytes]]

_kept = threading.local()
"""The connection of each thread."""


def wait(ms: int) -> None:
    """Wait for an answer that takes so many milliseconds, with ``http.client``."""
    if not hasattr(_kept, "connection"):
        _kept.connection = HTTPConnection(*with_sockets.address(), timeout=with_sockets.TIMEOUT_S)
    _kept.connection.request("GET", f"/?ms={ms}")
    answer = _kept.connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise ConnectionError(f"the delay service answered {answer.status}")


def delay(wait: Callable[[int], None]) -> Callable[[Environ], Answer]:
    """The handler for a service that is waited for in this way."""

    def handler(environ: Environ) -> Answer:
        ms = work.parse_ms(work.parameter(environ["QUERY_STRING"], "ms"))
        wait(ms)
        return "200 OK", "application/json", [work.compact_json(work.waited(ms))]

    return handler


ROUTES: dict[str, dict[str, Callable[[Environ], Answer]]] = {
    "/delay": {"GET": delay(wait)},
    "/delay/bare": {"GET": delay(with_sockets.wait)},
}
