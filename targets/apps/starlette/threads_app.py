"""The contract in Starlette with plain ``def`` endpoints: each request is handed to a pool of 40 threads."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

import threads_optional
import work
from app import errors, wait_mistake
from asgi_middleware import ServedBy


def plain(request: Request) -> PlainTextResponse:
    return PlainTextResponse(work.GREETING)


def greet(request: Request) -> JSONResponse:
    return JSONResponse(work.greeting())


def cpu(request: Request) -> JSONResponse:
    return JSONResponse(work.spin(work.parse_steps(request.query_params.get("steps"))))


def wait(request: Request) -> JSONResponse:
    """Wait in the pool either way: a plain ``def`` cannot await."""
    return JSONResponse(work.wait_blocking(work.parse_ms(request.query_params.get("ms"))))


def count(request: Request) -> JSONResponse:
    return JSONResponse(work.tally.report())


app = Starlette(
    routes=[
        Route("/plain", plain),
        Route("/json", greet),
        Route("/cpu", cpu),
        Route("/wait/blocking", wait),
        Route("/wait/cooperative", wait),
        Route("/wait/mistake", wait_mistake),  # the one `async def` here, because the mistake is made of it
        Route("/count", count),
        *threads_optional.routes,
    ],
    middleware=[Middleware(ServedBy)],
    exception_handlers=errors,
)
