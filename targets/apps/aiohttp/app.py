"""The contract in aiohttp: framework and server in one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

import optional
import work
from responses import json_response

THREADS = 40
"""As many as Starlette and FastAPI have; asyncio alone would take four more than there are cores."""

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
async def counted(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Count each request, and answer errors in JSON."""
    work.tally.add_one()
    try:
        return await handler(request)
    except work.BadParameterError as error:
        return json_response({"error": str(error)}, status=400)
    except work.TooLargeError as error:
        return json_response({"error": str(error)}, status=413)
    except web.HTTPMethodNotAllowed as error:
        return json_response({"error": error.reason}, status=error.status, headers={"allow": error.headers["allow"]})
    except web.HTTPException as error:
        return json_response({"error": error.reason}, status=error.status)


async def name_the_worker(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["x-served-by"] = work.served_by()


async def threads(app: web.Application) -> AsyncIterator[None]:
    """Hold the threads of the blocking waits for as long as the server lives."""
    with ThreadPoolExecutor(THREADS) as pool:
        asyncio.get_running_loop().set_default_executor(pool)
        yield


app = web.Application(middlewares=[counted])
app.add_routes(routes)
optional.add_to(app)
app.on_response_prepare.append(name_the_worker)
app.cleanup_ctx.append(threads)
