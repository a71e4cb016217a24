"""The contract as a bare ASGI callable: what an ASGI server costs before any framework is added."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import work

Answer = tuple[int, bytes, bytes]
"""Status, content type, body."""

TEXT = b"text/plain; charset=utf-8"
JSON = b"application/json"

THREADS = 40
"""As many as Starlette and FastAPI have (anyio's limit); asyncio alone would take four more than there are cores."""


async def plain(query: str) -> Answer:
    return 200, TEXT, work.GREETING.encode()


async def greet(query: str) -> Answer:
    return 200, JSON, work.compact_json(work.greeting())


async def cpu(query: str) -> Answer:
    steps = work.parse_steps(work.parameter(query, "steps"))
    return 200, JSON, work.compact_json(work.spin(steps))


async def wait_blocking(query: str) -> Answer:
    ms = work.parse_ms(work.parameter(query, "ms"))
    return 200, JSON, work.compact_json(await asyncio.to_thread(work.wait_blocking, ms))


async def wait_cooperative(query: str) -> Answer:
    ms = work.parse_ms(work.parameter(query, "ms"))
    await asyncio.sleep(ms / 1000)
    return 200, JSON, work.compact_json(work.waited(ms))


async def wait_mistake(query: str) -> Answer:
    ms = work.parse_ms(work.parameter(query, "ms"))
    return 200, JSON, work.compact_json(work.wait_blocking(ms))  # on the loop: everyone else waits too


async def count(query: str) -> Answer:
    return 200, JSON, work.compact_json(work.tally.report())


async def not_found(query: str) -> Answer:
    return 404, JSON, work.compact_json({"error": "Not Found"})


ROUTES: dict[str, Callable[[str], Awaitable[Answer]]] = {
    "/plain": plain,
    "/json": greet,
    "/cpu": cpu,
    "/wait/blocking": wait_blocking,
    "/wait/cooperative": wait_cooperative,
    "/wait/mistake": wait_mistake,
    "/count": count,
}


async def app(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    """Answer one request, or live through the server's start and stop."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    work.tally.add_one()
    handler = ROUTES.get(scope["path"], not_found)
    try:
        status, content_type, body = await handler(scope["query_string"].decode("latin-1"))
    except work.BadParameterError as error:
        status, content_type, body = 400, JSON, work.compact_json({"error": str(error)})
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"x-served-by", work.served_by().encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    """Hold the threads of the blocking waits for as long as the server lives."""
    await receive()
    with ThreadPoolExecutor(THREADS) as threads:
        asyncio.get_running_loop().set_default_executor(threads)
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
