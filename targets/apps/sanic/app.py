"""The contract in Sanic: framework and server in one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from sanic import HTTPResponse, Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import json, text

import backends
import optional
import work

THREADS = 40
"""As many as Starlette and FastAPI have; asyncio alone would take four more than there are cores."""

app = Sanic("contract")
app.config.GRACEFUL_SHUTDOWN_TIMEOUT = 1.0


@app.before_server_start
async def start_threads(app: Sanic) -> None:
    """Of the blocking waits; the loop ends them."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))


@app.on_request
async def count_it(request: Request) -> None:
    work.tally.add_one()


@app.on_response
async def name_the_worker(request: Request, response: HTTPResponse) -> None:
    response.headers["x-served-by"] = work.served_by()


@app.exception(work.BadParameterError)
async def bad_parameter(request: Request, error: work.BadParameterError) -> HTTPResponse:
    return json({"error": str(error)}, status=400)


@app.exception(SanicException)
async def http_error(request: Request, error: SanicException) -> HTTPResponse:
    return json({"error": str(error)}, status=error.status_code, headers=error.headers)


@app.get("/plain")
async def plain(request: Request) -> HTTPResponse:
    return text(work.GREETING)


@app.get("/json")
async def greet(request: Request) -> HTTPResponse:
    return json(work.greeting())


@app.get("/cpu")
async def cpu(request: Request) -> HTTPResponse:
    return json(work.spin(work.parse_steps(request.args.get("steps"))))


@app.get("/wait/blocking")
async def wait_blocking(request: Request) -> HTTPResponse:
    ms = work.parse_ms(request.args.get("ms"))
    return json(await asyncio.to_thread(work.wait_blocking, ms))


@app.get("/wait/cooperative")
async def wait_cooperative(request: Request) -> HTTPResponse:
    ms = work.parse_ms(request.args.get("ms"))
    await asyncio.sleep(ms / 1000)
    return json(work.waited(ms))


@app.get("/wait/mistake")
async def wait_mistake(request: Request) -> HTTPResponse:
    """Wait on the loop: while this one sleeps, nobody is served."""
    return json(work.wait_blocking(work.parse_ms(request.args.get("ms"))))


@app.get("/count")
async def count(request: Request) -> HTTPResponse:
    return json(work.tally.report())


app.blueprint([optional.endpoints, backends.endpoints])
