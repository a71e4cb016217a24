"""The optional endpoints of the contract without a framework: handlers for bare ASGI and RSGI, and what ASGI's need."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Any

import asgi_backends
import async_streams
import orders
import pages
import streams
import work
from responses import JSON, TEXT, Answer, Handler

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_background: set[asyncio.Task[None]] = set()
"""The loop itself holds its tasks by weak references only."""


async def validated(query: str, body: AsyncIterable[bytes]) -> Answer:
    order = await async_streams.read_whole(body, orders.MAX_BODY)
    return 200, JSON, work.compact_json(orders.parse_order(order))


async def template(query: str, body: AsyncIterable[bytes]) -> Answer:
    return 200, b"text/html; charset=utf-8", pages.render_page(pages.fortunes()).encode()


async def stream(query: str, body: AsyncIterable[bytes]) -> Answer:
    return 200, TEXT, async_streams.spaced(streams.chunk, *pieces_asked(query, "chunks"))


async def events(query: str, body: AsyncIterable[bytes]) -> Answer:
    return 200, b"text/event-stream", async_streams.spaced(streams.event, *pieces_asked(query, "count"))


def pieces_asked(query: str, name: str) -> tuple[int, int]:
    """How many pieces, and the wait between two of them."""
    count = streams.parse_pieces(name, work.parameter(query, name))
    return count, streams.parse_gap_ms(work.parameter(query, "gap_ms"))


async def upload(query: str, body: AsyncIterable[bytes]) -> Answer:
    return 200, JSON, work.compact_json(await async_streams.read_upload(body))


async def background(query: str, body: AsyncIterable[bytes]) -> Answer:
    task = asyncio.create_task(finish())
    _background.add(task)
    task.add_done_callback(_background.discard)
    return 200, JSON, work.compact_json(work.accepted())


async def finish() -> None:
    """Begin when the handler and the server next let go of the loop, with the answer on its way."""
    work.tasks.add_one()


async def done(query: str, body: AsyncIterable[bytes]) -> Answer:
    return 200, JSON, work.compact_json(work.tasks.report())


ROUTES: dict[str, dict[str, Handler]] = {
    "/validated": {"POST": validated},
    "/template": {"GET": template},
    "/stream": {"GET": stream},
    "/events": {"GET": events},
    "/upload": {"POST": upload},
    "/background": {"POST": background},
    "/background/done": {"GET": done},
    **asgi_backends.ROUTES,
}


async def arriving(receive: Receive) -> AsyncIterator[bytes]:
    """Yield the pieces of a request's body; a client that leaves before its end gets no answer."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("the client left before its request was whole")
        more = message.get("more_body", False)
        yield message.get("body", b"")


async def send_pieces(start: dict[str, Any], body: AsyncIterable[bytes], send: Send) -> None:
    """Send each piece when it is there."""
    await send(start)
    async for piece in body:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


async def converse(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Accept a WebSocket of the one path that has one, and send back each message."""
    await receive()
    if scope["path"] != "/echo":
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept", "headers": [(b"x-served-by", work.served_by().encode())]})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")})
