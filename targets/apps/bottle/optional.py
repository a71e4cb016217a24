"""The further parts of the contract in Bottle, which has no tasks after a response."""

from collections.abc import Iterator
from pathlib import Path

from bottle import Bottle, request, response, template

import bottle_backends
import orders
import pages
import pieces
import work

TEMPLATES = [str(Path(__file__).parent.parent / "templates")]


def validated() -> dict[str, str | int]:
    limit_body(orders.MAX_BODY)
    return orders.parse_order(request.body.read())


def page() -> str:
    return template("fortunes.stpl", template_lookup=TEMPLATES, fortunes=pages.fortunes())


def stream() -> Iterator[bytes]:
    count = pieces.parse_pieces("chunks", request.query.get("chunks"))
    response.content_type = "text/plain; charset=utf-8"
    return pieces.spaced(pieces.chunk, count, pieces.parse_gap_ms(request.query.get("gap_ms")))


def events() -> Iterator[bytes]:
    count = pieces.parse_pieces("count", request.query.get("count"))
    response.content_type = "text/event-stream"
    return pieces.spaced(pieces.event, count, pieces.parse_gap_ms(request.query.get("gap_ms")))


def upload() -> dict[str, str | int]:
    limit_body(pieces.MAX_UPLOAD)
    source = request.body  # in memory, or in a temporary file: Bottle has read it all
    body = pieces.Upload()
    while piece := source.read(pieces.PIECE):
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
    for path, callback in bottle_backends.routes.items():
        app.get(path)(callback)
