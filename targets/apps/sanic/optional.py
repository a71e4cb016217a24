"""The optional endpoints of the contract in Sanic."""

from collections.abc import AsyncIterator

from sanic import Blueprint, HTTPResponse, Request, Websocket
from sanic.response import html, json

import async_streams
import orders
import streams
import work

if "template" in work.served_parts():
    import jinja_pages

endpoints = Blueprint("optional")


@endpoints.exception(work.TooLargeError)
async def too_large(request: Request, error: work.TooLargeError) -> HTTPResponse:
    return json({"error": str(error)}, status=413)


@endpoints.post("/validated", stream=True)
async def validated(request: Request) -> HTTPResponse:
    return json(orders.parse_order(await async_streams.read_whole(request.stream, orders.MAX_BODY)))


@endpoints.get("/template")
async def template(request: Request) -> HTTPResponse:
    return html(jinja_pages.render_page())


@endpoints.get("/stream")
async def stream(request: Request) -> None:
    count = streams.parse_pieces("chunks", request.args.get("chunks"))
    gap_ms = streams.parse_gap_ms(request.args.get("gap_ms"))
    await send_pieces(request, async_streams.spaced(streams.chunk, count, gap_ms), "text/plain; charset=utf-8")


@endpoints.get("/events")
async def events(request: Request) -> None:
    count = streams.parse_pieces("count", request.args.get("count"))
    gap_ms = streams.parse_gap_ms(request.args.get("gap_ms"))
    await send_pieces(request, async_streams.spaced(streams.event, count, gap_ms), "text/event-stream")


async def send_pieces(request: Request, body: AsyncIterator[bytes], content_type: str) -> None:
    """Send each piece when it is there."""
    response = await request.respond(content_type=content_type)
    async for piece in body:
        await response.send(piece)
    await response.eof()


@endpoints.post("/upload", stream=True)
async def upload(request: Request) -> HTTPResponse:
    return json(await async_streams.read_upload(request.stream))


@endpoints.websocket("/echo")
async def echo(request: Request, websocket: Websocket) -> None:
    async for message in websocket:
        await websocket.send(message)


async def finish() -> None:
    work.tasks.add_one()


@endpoints.post("/background")
async def background(request: Request) -> HTTPResponse:
    request.app.add_task(finish())
    return json(work.accepted())


@endpoints.get("/background/done")
async def done(request: Request) -> HTTPResponse:
    return json(work.tasks.report())
