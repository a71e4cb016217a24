"""The contract as a bare ASGI callable: what an ASGI server costs before any framework is added."""

import asyncio
from collections.abc import AsyncIterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import asgi_optional as optional
import work
from responses import JSON, TEXT, Answer, Handler

THREADS = 40
"""As many as Starlette and FastAPI have (anyio's limit); asyncio alone would take four more than there are cores."""


async def plain(query: str, body: AsyncIterable[bytes]) -> Answer:
    return 200, TEXT, work.GREETING.encode()


async def greet(query: str, body: AsyncIterable[bytes]) -> Answer:
    return 200, JSON, work.compact_json(work.greeting())


async def cpu(query: str, body: AsyncIterable[bytes]) -> Answer:
    steps = work.parse_steps(work.parameter(query, "steps"))
    return 200, JSON, work.compact_json(work.spin(steps))


async def wait_blocking(query: str, body: AsyncIterable[bytes]) -> Answer:
    ms = work.parse_ms(work.parameter(query, "ms"))
    return 200, JSON, work.compact_json(await asyncio.to_thread(work.wait_blocking, ms))


async def wait_cooperative(query: str, body: AsyncIterable[bytes]) -> Answer:
    ms = work.parse_ms(work.parameter(query, "ms"))
    await asyncio.sleep(ms / 1000)
    return 200, JSON, work.compact_json(work.waited(ms))


async def wait_mistake(query: str, body: AsyncIterable[bytes]) -> Answer:
    ms = work.parse_ms(work.parameter(query, "ms"))
    return 200, JSON, work.compact_json(work.wait_blocking(ms))  # on the loop: everyone else waits too


async def count(query: str, body: AsyncIterable[bytes]) -> Answer:
    return 200, JSON, work.compact_json(work.tally.report())


ROUTES: dict[str, dict[str, Handler]] = {
    "/plain": {"GET": plain},
    "/json": {"GET": greet},
    "/cpu": {"GET": cpu},
    "/wait/blocking": {"GET": wait_blocking},
    "/wait/cooperative": {"GET": wait_cooperative},
    "/wait/mistake": {"GET": wait_mistake},
    "/count": {"GET": count},
    **optional.ROUTES,
}


async def answer(method: str, path: str, query: str, body: AsyncIterable[bytes]) -> Answer:
    methods = ROUTES.get(path)
    if methods is None:
        return 404, JSON, work.compact_json({"error": "Not Found"})
    handler = methods.get(method)
    if handler is None:
        return 405, JSON, work.compact_json({"error": "Method Not Allowed"})
    try:
        return await handler(query, body)
    except work.BadParameterError as error:
        return 400, JSON, work.compact_json({"error": str(error)})
    except work.TooLargeError as error:
        return 413, JSON, work.compact_json({"error": str(error)})


async def app(scope: dict[str, Any], receive: optional.Receive, send: optional.Send) -> None:
    """Answer one request, or live through the server's start and stop."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    work.tally.add_one()
    if scope["type"] == "websocket":
        await optional.converse(scope, receive, send)
        return
    query = scope["query_string"].decode("latin-1")
    status, content_type, body = await answer(scope["method"], scope["path"], query, optional.arriving(receive))
    headers = [(b"content-type", content_type), (b"x-served-by", work.served_by().encode())]
    start = {"type": "http.response.start", "status": status, "headers": headers}
    if isinstance(body, bytes):
        headers.append((b"content-length", str(len(body)).encode()))
        await send(start)
        await send({"type": "http.response.body", "body": body})
    else:
        await optional.send_pieces(start, body, send)


async def lifespan(receive: optional.Receive, send: optional.Send) -> None:
    """Hold the threads of the blocking waits for as long as the server lives."""
    await receive()
    with ThreadPoolExecutor(THREADS) as threads:
        asyncio.get_running_loop().set_default_executor(threads)
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
