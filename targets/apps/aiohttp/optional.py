"""The optional endpoints of the contract in aiohttp."""

import asyncio

from aiohttp import web

import async_streams
import backends
import orders
import streams
import work
from responses import json_response

if "template" in work.served_parts():
    import jinja_pages

routes = web.RouteTableDef()

_background: set[asyncio.Task[None]] = set()
"""The loop itself holds its tasks by weak references only."""


@routes.post("/validated")
async def validated(request: web.Request) -> web.Response:
    body = await async_streams.read_whole(request.content.iter_any(), orders.MAX_BODY)
    return json_response(orders.parse_order(body))


@routes.get("/template")
async def template(request: web.Request) -> web.Response:
    return web.Response(text=jinja_pages.render_page(), content_type="text/html")


@routes.get("/stream")
async def stream(request: web.Request) -> web.Response:
    count = streams.parse_pieces("chunks", request.query.get("chunks"))
    gap_ms = streams.parse_gap_ms(request.query.get("gap_ms"))
    return web.Response(body=async_streams.spaced(streams.chunk, count, gap_ms), content_type="text/plain")


@routes.get("/events")
async def events(request: web.Request) -> web.Response:
    count = streams.parse_pieces("count", request.query.get("count"))
    gap_ms = streams.parse_gap_ms(request.query.get("gap_ms"))
    return web.Response(body=async_streams.spaced(streams.event, count, gap_ms), content_type="text/event-stream")


@routes.post("/upload")
async def upload(request: web.Request) -> web.Response:
    return json_response(await async_streams.read_upload(request.content.iter_any()))


@routes.get("/echo")
async def echo(request: web.Request) -> web.WebSocketResponse:
    websocket = web.WebSocketResponse()
    await websocket.prepare(request)
    async for message in websocket:
        await websocket.send_str(message.data)
    return websocket


@routes.post("/background")
async def background(request: web.Request) -> web.Response:
    task = asyncio.create_task(finish())
    _background.add(task)
    task.add_done_callback(_background.discard)
    return json_response(work.accepted())


async def finish() -> None:
    """Begin when the handler and the server next let go of the loop, with the answer on its way."""
    work.tasks.add_one()


@routes.get("/background/done")
async def done(request: web.Request) -> web.Response:
    return json_response(work.tasks.report())


def add_to(app: web.Application) -> None:
    app.add_routes(routes)
    backends.add_to(app)
