"""The optional endpoints of the contract in Starlette with plain ``def`` endpoints; those cannot await a body."""

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

import optional
import pages
import streams
import threads_backends
import work


def template(request: Request) -> Response:
    return optional.templates.TemplateResponse(request, "fortunes.html", {"fortunes": pages.fortunes()})


def stream(request: Request) -> StreamingResponse:
    count = streams.parse_pieces("chunks", request.query_params.get("chunks"))
    gap_ms = streams.parse_gap_ms(request.query_params.get("gap_ms"))
    return StreamingResponse(streams.spaced(streams.chunk, count, gap_ms), media_type="text/plain")


def events(request: Request) -> StreamingResponse:
    count = streams.parse_pieces("count", request.query_params.get("count"))
    gap_ms = streams.parse_gap_ms(request.query_params.get("gap_ms"))
    return StreamingResponse(streams.spaced(streams.event, count, gap_ms), media_type="text/event-stream")


def background(request: Request) -> JSONResponse:
    return JSONResponse(work.accepted(), background=BackgroundTask(work.tasks.add_one))


def done(request: Request) -> JSONResponse:
    return JSONResponse(work.tasks.report())


routes = [
    Route("/template", template),
    Route("/stream", stream),
    Route("/events", events),
    WebSocketRoute("/echo", optional.echo),  # Starlette knows no WebSocket in a plain `def`
    Route("/background", background, methods=["POST"]),
    Route("/background/done", done),
    *threads_backends.routes,
]
