"""The contract in FastAPI with plain ``def`` endpoints: each request is handed to a pool of 40 threads."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import PlainTextResponse

import threads_optional
import work
from asgi_middleware import ServedBy

Steps = Annotated[int, Query(ge=0, le=work.MAX_STEPS)]
Milliseconds = Annotated[int, Query(ge=0, le=work.MAX_MS)]

app = FastAPI()
app.add_middleware(ServedBy)


@app.get("/plain", response_class=PlainTextResponse)
def plain() -> str:
    return work.GREETING


@app.get("/json")
def greet() -> dict[str, str]:
    return work.greeting()


@app.get("/cpu")
def cpu(steps: Steps) -> dict[str, int | str]:
    return work.spin(steps)


@app.get("/wait/blocking")
@app.get("/wait/cooperative")
def wait(ms: Milliseconds) -> dict[str, int]:
    """Wait in the pool either way: a plain ``def`` cannot await."""
    return work.wait_blocking(ms)


@app.get("/wait/mistake")
async def wait_mistake(ms: Milliseconds) -> dict[str, int]:
    """Wait on the loop: the one ``async def`` here, because the mistake is made of it."""
    return work.wait_blocking(ms)


@app.get("/count")
def count() -> dict[str, int]:
    return work.tally.report()


app.include_router(threads_optional.router)
