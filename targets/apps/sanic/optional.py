"""The further parts of the contract in Sanic."""

from collections.abc import AsyncIterator

from sanic import Blueprint, HTTPResponse, Request, Websocket
from sanic.response import html, json

import async_pieces
import orders
import pieces
import work

if "template" in work.served_parts():
    import jinja_pages

parts = Blueprint("parts")


@parts.exception(work.TooLargeError)
async def too_large(request: Request, error: work.TooLargeError) -> HTTPResponse:
    return json({"error": str(error)}, status=413)


@parts.post("/validated", stream=True)
async def validated(request: Request) -> HTTPResponse:
    return json(orders.parse_order(await async_pieces.read_whole(request.stream, orders.MAX_BODY)))


@parts.get("/template")
async def template(request: Request) -> HTTPResponse:
    return html(jinja_pages.render_page())


@parts.get("/stream")
async def stream(request: Request) -> None:
    count = pieces.parse_pieces("chunks", request.args.get("chunks"))
    gap_ms = pieces.parse_gap_ms(request.args.get("gap_ms"))
    await send_pieces(request, async_pieces.spaced(pieces.chunk, count, gap_ms), "text/plain; charset=utf-8")


@parts.get("/events")
async def events(request: Request) -> None:
    count = pieces.parse_pieces("count", request.args.get("count"))
    gap_ms = pieces.parse_gap_ms(request.args.get("gap_ms"))
    await send_pieces(request, async_pieces.spaced(pieces.event, count, gap_ms), "text/event-stream")


async def send_pieces(request: Request, body: AsyncIterator[bytes], content_type: str) -> None:
    """Send each piece when it is there."""
    response = await request.respond(content_type=content_type)
    async for piece in body:
        await response.send(piece)
    await response.eof()


@parts.post("/upload", stream=True)
async def upload(request: Request) -> HTTPResponse:
    return json(await async_pieces.read_upload(request.stream))


@parts.websocket("/echo")
async def echo(request: Request, websocket: Websocket) -> None:
    async for message in websocket:
        await websocket.send(message)


async def finish() -> None:
    work.tasks.add_one()


@parts.post("/background")
async def background(request: Request) -> HTTPResponse:
    request.app.add_task(finish())
    return json(work.accepted())


@parts.get("/background/done")
async def done(request: Request) -> HTTPResponse:
    return json(work.tasks.report())
