"""The contract as a bare WSGI callable: what a WSGI server costs before any framework is added."""

from collections.abc import Callable, Iterable
from typing import Any

import work

Answer = tuple[str, str, bytes]
"""Status line, content type, body."""


def plain(query: str) -> Answer:
    return "200 OK", "text/plain; charset=utf-8", work.GREETING.encode()


def greet(query: str) -> Answer:
    return "200 OK", "application/json", work.compact_json(work.greeting())


def cpu(query: str) -> Answer:
    steps = work.parse_steps(work.parameter(query, "steps"))
    return "200 OK", "application/json", work.compact_json(work.spin(steps))


def wait(query: str) -> Answer:
    ms = work.parse_ms(work.parameter(query, "ms"))
    return "200 OK", "application/json", work.compact_json(work.wait_blocking(ms))


def count(query: str) -> Answer:
    return "200 OK", "application/json", work.compact_json(work.tally.report())


def not_found(query: str) -> Answer:
    return "404 Not Found", "application/json", work.compact_json({"error": "Not Found"})


ROUTES: dict[str, Callable[[str], Answer]] = {
    "/plain": plain,
    "/json": greet,
    "/cpu": cpu,
    "/wait/blocking": wait,
    "/wait/cooperative": wait,  # without an event loop there is no other way to wait
    "/count": count,
}


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request: the callable that PEP 3333 describes."""
    work.tally.add_one()
    handler = ROUTES.get(environ["PATH_INFO"], not_found)
    try:
        status, content_type, body = handler(environ["QUERY_STRING"])
    except work.BadParameterError as error:
        status, content_type, body = "400 Bad Request", "application/json", work.compact_json({"error": str(error)})
    headers = [
        ("content-type", content_type),
        ("content-length", str(len(body))),
        ("x-served-by", work.served_by()),
    ]
    start_response(status, headers)
    return [body]
