"""The further parts of the contract in Starlette with plain ``def`` endpoints; those cannot await a body."""

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

import pages
import pieces
import starlette_parts
import starlette_threads_backends
import work


def template(request: Request) -> Response:
    return starlette_parts.templates.TemplateResponse(request, "fortunes.html", {"fortunes": pages.fortunes()})


def stream(request: Request) -> StreamingResponse:
    count = pieces.parse_pieces("chunks", request.query_params.get("chunks"))
    gap_ms = pieces.parse_gap_ms(request.query_params.get("gap_ms"))
    return StreamingResponse(pieces.spaced(pieces.chunk, count, gap_ms), media_type="text/plain")


def events(request: Request) -> StreamingResponse:
    count = pieces.parse_pieces("count", request.query_params.get("count"))
    gap_ms = pieces.parse_gap_ms(request.query_params.get("gap_ms"))
    return StreamingResponse(pieces.spaced(pieces.event, count, gap_ms), media_type="text/event-stream")


def background(request: Request) -> JSONResponse:
    return JSONResponse(work.accepted(), background=BackgroundTask(work.tasks.add_one))


def done(request: Request) -> JSONResponse:
    return JSONResponse(work.tasks.report())


routes = [
    Route("/template", template),
    Route("/stream", stream),
    Route("/events", events),
    WebSocketRoute("/echo", starlette_parts.echo),  # Starlette knows no WebSocket in a plain `def`
    Route("/background", background, methods=["POST"]),
    Route("/background/done", done),
    *starlette_threads_backends.routes,
]
