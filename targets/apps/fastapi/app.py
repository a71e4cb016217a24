"""The contract in FastAPI with ``async def`` endpoints: they run on the event loop."""

import asyncio
from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import PlainTextResponse

import optional
import work
from asgi_middleware import ServedBy

Steps = Annotated[int, Query(ge=0, le=work.MAX_STEPS)]
Milliseconds = Annotated[int, Query(ge=0, le=work.MAX_MS)]

app = FastAPI()
app.add_middleware(ServedBy)


@app.get("/plain", response_class=PlainTextResponse)
async def plain() -> str:
    return work.GREETING


@app.get("/json")
async def greet() -> dict[str, str]:
    return work.greeting()


@app.get("/cpu")
async def cpu(steps: Steps) -> dict[str, int | str]:
    return work.spin(steps)


@app.get("/wait/blocking")
def wait_blocking(ms: Milliseconds) -> dict[str, int]:
    """Wait in a thread: FastAPI runs a plain ``def`` in its pool of 40."""
    return work.wait_blocking(ms)


@app.get("/wait/cooperative")
async def wait_cooperative(ms: Milliseconds) -> dict[str, int]:
    await asyncio.sleep(ms / 1000)
    return work.waited(ms)


@app.get("/wait/mistake")
async def wait_mistake(ms: Milliseconds) -> dict[str, int]:
    """Wait on the loop: while this one sleeps, nobody is served."""
    return work.wait_blocking(ms)


@app.get("/count")
async def count() -> dict[str, int]:
    return work.tally.report()


app.include_router(optional.router)
