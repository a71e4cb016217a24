"""The contract in Starlette."""

import asyncio

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

import optional
import work
from asgi_middleware import ServedBy


async def plain(request: Request) -> PlainTextResponse:
    return PlainTextResponse(work.GREETING)


async def greet(request: Request) -> JSONResponse:
    return JSONResponse(work.greeting())


async def cpu(request: Request) -> JSONResponse:
    return JSONResponse(work.spin(work.parse_steps(request.query_params.get("steps"))))


def wait_blocking(request: Request) -> JSONResponse:
    """Wait in a thread: Starlette runs a plain ``def`` in its pool of 40."""
    return JSONResponse(work.wait_blocking(work.parse_ms(request.query_params.get("ms"))))


async def wait_cooperative(request: Request) -> JSONResponse:
    ms = work.parse_ms(request.query_params.get("ms"))
    await asyncio.sleep(ms / 1000)
    return JSONResponse(work.waited(ms))


async def wait_mistake(request: Request) -> JSONResponse:
    """Wait on the loop: while this one sleeps, nobody is served."""
    return JSONResponse(work.wait_blocking(work.parse_ms(request.query_params.get("ms"))))


async def count(request: Request) -> JSONResponse:
    return JSONResponse(work.tally.report())


async def bad_parameter(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, status_code=400)


async def too_large(request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, status_code=413)


async def http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 (Starlette's handlers are typed for any exception)
    return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)


errors = {work.BadParameterError: bad_parameter, work.TooLargeError: too_large, HTTPException: http_error}

app = Starlette(
    routes=[
        Route("/plain", plain),
        Route("/json", greet),
        Route("/cpu", cpu),
        Route("/wait/blocking", wait_blocking),
        Route("/wait/cooperative", wait_cooperative),
        Route("/wait/mistake", wait_mistake),
        Route("/count", count),
        *optional.routes,
    ],
    middleware=[Middleware(ServedBy)],
    exception_handlers=errors,
)
