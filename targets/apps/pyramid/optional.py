"""The optional endpoints of the contract in Pyramid, whose finished callbacks run before the answer is sent."""

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response

import backends
import orders
import pages
import streams
import work


def validated(request: Request) -> dict[str, str | int]:
    limit_body(request, orders.MAX_BODY)
    return orders.parse_order(request.body)


def template(request: Request) -> dict[str, list[pages.Fortune]]:
    return {"fortunes": pages.fortunes()}


def stream(request: Request) -> Response:
    count = streams.parse_pieces("chunks", request.params.get("chunks"))
    chunks = streams.spaced(streams.chunk, count, streams.parse_gap_ms(request.params.get("gap_ms")))
    return Response(app_iter=chunks, content_type="text/plain", charset="utf-8")


def events(request: Request) -> Response:
    count = streams.parse_pieces("count", request.params.get("count"))
    events = streams.spaced(streams.event, count, streams.parse_gap_ms(request.params.get("gap_ms")))
    return Response(app_iter=events, content_type="text/event-stream")


def upload(request: Request) -> dict[str, str | int]:
    limit_body(request, streams.MAX_UPLOAD)
    body = streams.Upload()
    while piece := request.body_file.read(streams.PIECE):
        body.add(piece)
    return body.report()


def limit_body(request: Request, most: int) -> None:
    """Refuse a body before it is read."""
    if request.content_length is not None and request.content_length > most:
        raise work.TooLargeError(f"the body is larger than {most} bytes")


def too_large(error: work.TooLargeError, request: Request) -> dict[str, str]:
    request.response.status = 413
    return {"error": str(error)}


def includeme(config: Configurator) -> None:
    """What ``config.include`` looks for."""
    config.add_exception_view(too_large, context=work.TooLargeError, renderer="json")
    config.add_endpoint("/validated", validated, method="POST")
    config.add_endpoint("/stream", stream)
    config.add_endpoint("/events", events)
    config.add_endpoint("/upload", upload, method="POST")
    for path, view in backends.routes.items():
        config.add_endpoint(path, view)
    if "template" in work.served_parts():
        config.include("pyramid_jinja2")
        config.add_jinja2_renderer(".html")
        config.add_jinja2_search_path(str(pages.TEMPLATES), name=".html")
        config.add_endpoint("/template", template, renderer="fortunes.html")
