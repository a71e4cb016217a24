"""The optional endpoints of the contract in Starlette, on asyncio and on trio."""

import anyio
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

import async_streams
import backends
import orders
import pages
import streams
import work

if "template" in work.served_parts():
    from starlette.templating import Jinja2Templates

    templates = Jinja2Templates(pages.TEMPLATES)


async def validated(request: Request) -> JSONResponse:
    """Read it within a limit: the one of a route would refuse in plain text."""
    return JSONResponse(orders.parse_order(await async_streams.read_whole(request.stream(), orders.MAX_BODY)))


async def template(request: Request) -> Response:
    return templates.TemplateResponse(request, "fortunes.html", {"fortunes": pages.fortunes()})


async def stream(request: Request) -> StreamingResponse:
    count = streams.parse_pieces("chunks", request.query_params.get("chunks"))
    gap_ms = streams.parse_gap_ms(request.query_params.get("gap_ms"))
    chunks = async_streams.spaced(streams.chunk, count, gap_ms, sleep=anyio.sleep)
    return StreamingResponse(chunks, media_type="text/plain")


async def events(request: Request) -> StreamingResponse:
    count = streams.parse_pieces("count", request.query_params.get("count"))
    gap_ms = streams.parse_gap_ms(request.query_params.get("gap_ms"))
    events = async_streams.spaced(streams.event, count, gap_ms, sleep=anyio.sleep)
    return StreamingResponse(events, media_type="text/event-stream")


async def upload(request: Request) -> JSONResponse:
    return JSONResponse(await async_streams.read_upload(request.stream()))


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for message in websocket.iter_text():
        await websocket.send_text(message)


async def finish() -> None:
    work.tasks.add_one()


async def background(request: Request) -> JSONResponse:
    return JSONResponse(work.accepted(), background=BackgroundTask(finish))


async def done(request: Request) -> JSONResponse:
    return JSONResponse(work.tasks.report())


routes = [
    Route("/validated", validated, methods=["POST"]),
    Route("/template", template),
    Route("/stream", stream),
    Route("/events", events),
    Route("/upload", upload, methods=["POST"]),
    WebSocketRoute("/echo", echo),
    Route("/background", background, methods=["POST"]),
    Route("/background/done", done),
    *backends.routes,
]
