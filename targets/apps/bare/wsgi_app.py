"""The contract as a bare WSGI callable: what a WSGI server costs before any framework is added."""

from collections.abc import Callable, Iterable
from typing import Any

import work
import wsgi_optional

Environ = dict[str, Any]
Answer = tuple[str, str, Iterable[bytes]]
"""Status line, content type, body: a list where its length is known."""

JSON = "application/json"


def plain(environ: Environ) -> Answer:
    return "200 OK", "text/plain; charset=utf-8", [work.GREETING.encode()]


def greet(environ: Environ) -> Answer:
    return "200 OK", JSON, [work.compact_json(work.greeting())]


def cpu(environ: Environ) -> Answer:
    steps = work.parse_steps(work.parameter(environ["QUERY_STRING"], "steps"))
    return "200 OK", JSON, [work.compact_json(work.spin(steps))]


def wait(environ: Environ) -> Answer:
    ms = work.parse_ms(work.parameter(environ["QUERY_STRING"], "ms"))
    return "200 OK", JSON, [work.compact_json(work.wait_blocking(ms))]


def count(environ: Environ) -> Answer:
    return "200 OK", JSON, [work.compact_json(work.tally.report())]


ROUTES: dict[str, dict[str, Callable[[Environ], Answer]]] = {
    "/plain": {"GET": plain},
    "/json": {"GET": greet},
    "/cpu": {"GET": cpu},
    "/wait/blocking": {"GET": wait},
    "/wait/cooperative": {"GET": wait},  # without an event loop there is no other way to wait
    "/count": {"GET": count},
    **wsgi_optional.ROUTES,
}


def refuse(status: str, reason: str) -> Answer:
    return status, JSON, [work.compact_json({"error": reason})]


def answer(environ: Environ) -> Answer:
    methods = ROUTES.get(environ["PATH_INFO"])
    if methods is None:
        return refuse("404 Not Found", "Not Found")
    handler = methods.get(environ["REQUEST_METHOD"])
    if handler is None:
        return refuse("405 Method Not Allowed", "Method Not Allowed")
    try:
        return handler(environ)
    except work.BadParameterError as error:
        return refuse("400 Bad Request", str(error))
    except work.TooLargeError as error:
        return refuse("413 Content Too Large", str(error))


def app(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request: the callable that PEP 3333 describes."""
    work.tally.add_one()
    status, content_type, body = answer(environ)
    headers = [("content-type", content_type), ("x-served-by", work.served_by())]
    if isinstance(body, list):
        headers.append(("content-length", str(sum(map(len, body)))))
    start_response(status, headers)
    return body
