"""The contract in Starlette on trio: the handlers of ``app``, and a wait that is trio's own."""

import trio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import optional
import work
from app import count, cpu, errors, greet, plain, wait_blocking, wait_mistake
from asgi_middleware import ServedBy


async def wait_cooperative(request: Request) -> JSONResponse:
    ms = work.parse_ms(request.query_params.get("ms"))
    await trio.sleep(ms / 1000)
    return JSONResponse(work.waited(ms))


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
