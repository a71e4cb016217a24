"""The optional endpoints of the contract as bare WSGI."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orders
import pages
import streams
import work
import wsgi_backends

Environ = dict[str, Any]
Answer = tuple[str, str, Iterable[bytes]]


def validated(environ: Environ) -> Answer:
    body = b"".join(read_pieces(environ, orders.MAX_BODY + 1))
    return "200 OK", "application/json", [work.compact_json(orders.parse_order(body))]


def template(environ: Environ) -> Answer:
    return "200 OK", "text/html; charset=utf-8", [pages.render_page(pages.fortunes()).encode()]


def stream(environ: Environ) -> Answer:
    return "200 OK", "text/plain; charset=utf-8", streams.spaced(streams.chunk, *pieces_asked(environ, "chunks"))


def events(environ: Environ) -> Answer:
    return "200 OK", "text/event-stream", streams.spaced(streams.event, *pieces_asked(environ, "count"))


def upload(environ: Environ) -> Answer:
    body = streams.Upload()
    for piece in read_pieces(environ, streams.MAX_UPLOAD + 1):
        body.add(piece)
    return "200 OK", "application/json", [work.compact_json(body.report())]


class AndThen(list[bytes]):
    """A body that does the task when the server closes it: after the last byte, and before its next request."""

    def close(self) -> None:
        """Count the task as done. PEP 3333 has the server call this, however the answer ended."""
        work.tasks.add_one()


def background(environ: Environ) -> Answer:
    return "200 OK", "application/json", AndThen([work.compact_json(work.accepted())])


def done(environ: Environ) -> Answer:
    return "200 OK", "application/json", [work.compact_json(work.tasks.report())]


def read_pieces(environ: Environ, most: int) -> Iterator[bytes]:
    """Read the body to its end, or to so many bytes. Some servers end the input by themselves, some never do."""
    length = environ.get("CONTENT_LENGTH")
    left = min(most, int(length)) if length else most if environ.get("wsgi.input_terminated") else 0
    while left and (piece := environ["wsgi.input"].read(min(left, streams.PIECE))):
        left -= len(piece)
        yield piece


def pieces_asked(environ: Environ, name: str) -> tuple[int, int]:
    """How many pieces, and the wait between two of them."""
    query = environ["QUERY_STRING"]
    count = streams.parse_pieces(name, work.parameter(query, name))
    return count, streams.parse_gap_ms(work.parameter(query, "gap_ms"))


ROUTES: dict[str, dict[str, Callable[[Environ], Answer]]] = {
    "/validated": {"POST": validated},
    "/template": {"GET": template},
    "/stream": {"GET": stream},
    "/events": {"GET": events},
    "/upload": {"POST": upload},
    "/background": {"POST": background},
    "/background/done": {"GET": done},
    **wsgi_backends.ROUTES,
}
