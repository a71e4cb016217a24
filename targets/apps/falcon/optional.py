"""The optional endpoints of the contract in Falcon: no engine for templates, and in WSGI no tasks after a response."""

# ruff: noqa: D102, ARG002 (Falcon finds on_get by its name, and passes a request whether it is read or not)

import falcon

import backends
import orders
import pages
import streams
import work


class Validated:
    """An order."""

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        response.media = orders.parse_order(request.bounded_stream.read(orders.MAX_BODY + 1))


class Template:
    """The page, in the plain way."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.content_type = falcon.MEDIA_HTML
        response.text = pages.render_page(pages.fortunes())


class Stream:
    """Chunks, as they come."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        count = streams.parse_pieces("chunks", request.get_param("chunks"))
        response.content_type = falcon.MEDIA_TEXT
        response.stream = streams.spaced(streams.chunk, count, streams.parse_gap_ms(request.get_param("gap_ms")))


class Events:
    """Server-sent events, as they come."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        count = streams.parse_pieces("count", request.get_param("count"))
        response.content_type = "text/event-stream"
        response.stream = streams.spaced(streams.event, count, streams.parse_gap_ms(request.get_param("gap_ms")))


class Upload:
    """A body, piece by piece."""

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        body = streams.Upload()
        while piece := request.bounded_stream.read(streams.PIECE):
            body.add(piece)
        response.media = body.report()


def too_large(
    request: falcon.Request, response: falcon.Response, error: work.TooLargeError, params: dict[str, object]
) -> None:
    response.status = falcon.HTTP_413
    response.media = {"error": str(error)}


def add_to(app: falcon.App) -> None:
    app.add_error_handler(work.TooLargeError, too_large)
    app.add_route("/validated", Validated())
    app.add_route("/template", Template())
    app.add_route("/stream", Stream())
    app.add_route("/events", Events())
    app.add_route("/upload", Upload())
    for path, resource in backends.routes.items():
        app.add_route(path, resource)
