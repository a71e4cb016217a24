"""The optional endpoints of the contract in Bottle, which has no tasks after a response."""

from collections.abc import Iterator

from bottle import Bottle, request, response, template

import backends
import orders
import pages
import streams
import work

TEMPLATES = [str(pages.TEMPLATES)]


def validated() -> dict[str, str | int]:
    limit_body(orders.MAX_BODY)
    return orders.parse_order(request.body.read())


def page() -> str:
    return template("fortunes.stpl", template_lookup=TEMPLATES, fortunes=pages.fortunes())


def stream() -> Iterator[bytes]:
    count = streams.parse_pieces("chunks", request.query.get("chunks"))
    response.content_type = "text/plain; charset=utf-8"
    return streams.spaced(streams.chunk, count, streams.parse_gap_ms(request.query.get("gap_ms")))


def events() -> Iterator[bytes]:
    count = streams.parse_pieces("count", request.query.get("count"))
    response.content_type = "text/event-stream"
    return streams.spaced(streams.event, count, streams.parse_gap_ms(request.query.get("gap_ms")))


def upload() -> dict[str, str | int]:
    limit_body(streams.MAX_UPLOAD)
    source = request.body  # in memory, or in a temporary file: Bottle has read it all
    body = streams.Upload()
    while piece := source.read(streams.PIECE):
        body.add(piece)
    return body.report()


def limit_body(most: int) -> None:
    """Refuse a body before it is read, which Bottle does to its end."""
    if request.content_length > most:
        raise work.TooLargeError(f"the body is larger than {most} bytes")


def add_to(app: Bottle) -> None:
    app.post("/validated")(validated)
    app.get("/template")(page)
    app.get("/stream")(stream)
    app.get("/events")(events)
    app.post("/upload")(upload)
    for path, callback in backends.routes.items():
        app.get(path)(callback)
