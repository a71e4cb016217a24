"""The contract in aiohttp: framework and server in one."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp import web

import work

THREADS = 40
"""As many as Starlette and FastAPI have; asyncio alone would take four more than there are cores."""

json_response = partial(web.json_response, dumps=partial(json.dumps, separators=(",", ":")))
routes = web.RouteTableDef()


@routes.get("/plain")
async def plain(request: web.Request) -> web.Response:
    return web.Response(text=work.GREETING)


@routes.get("/json")
async def greet(request: web.Request) -> web.Response:
    return json_response(work.greeting())


@routes.get("/cpu")
async def cpu(request: web.Request) -> web.Response:
    return json_response(work.spin(work.parse_steps(request.query.get("steps"))))


@routes.get("/wait/blocking")
async def wait_blocking(request: web.Request) -> web.Response:
    ms = work.parse_ms(request.query.get("ms"))
    return json_response(await asyncio.to_thread(work.wait_blocking, ms))


@routes.get("/wait/cooperative")
async def wait_cooperative(request: web.Request) -> web.Response:
    ms = work.parse_ms(request.query.get("ms"))
    await asyncio.sleep(ms / 1000)
    return json_response(work.waited(ms))


@routes.get("/wait/mistake")
async def wait_mistake(request: web.Request) -> web.Response:
    """Wait on the loop: while this one sleeps, nobody is served."""
    return json_response(work.wait_blocking(work.parse_ms(request.query.get("ms"))))


@routes.get("/count")
async def count(request: web.Request) -> web.Response:
    return json_response(work.tally.report())


@web.middleware
async def served_by(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Count each request, answer errors in JSON, and name the worker in each response."""
    work.tally.add_one()
    response: web.StreamResponse
    try:
        response = await handler(request)
    except work.BadParameterError as error:
        response = json_response({"error": str(error)}, status=400)
    except web.HTTPException as error:
        response = json_response({"error": error.reason}, status=error.status)
    response.headers["x-served-by"] = work.served_by()
    return response


async def threads(app: web.Application) -> AsyncIterator[None]:
    """Hold the threads of the blocking waits for as long as the server lives."""
    with ThreadPoolExecutor(THREADS) as pool:
        asyncio.get_running_loop().set_default_executor(pool)
        yield


app = web.Application(middlewares=[served_by])
app.add_routes(routes)
app.cleanup_ctx.append(threads)
