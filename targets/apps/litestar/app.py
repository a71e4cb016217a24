"""The contract in Litestar."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from litestar import Litestar, MediaType, get
from litestar.concurrency import set_asyncio_executor
from litestar.params import Parameter

import optional
import work
from asgi_middleware import ServedBy

Steps = Annotated[int, Parameter(ge=0, le=work.MAX_STEPS)]
Milliseconds = Annotated[int, Parameter(ge=0, le=work.MAX_MS)]

# As many threads as Starlette and FastAPI have; asyncio alone would take four more than there are cores.
set_asyncio_executor(ThreadPoolExecutor(40))


@get("/plain", media_type=MediaType.TEXT)
async def plain() -> str:
    return work.GREETING


@get("/json")
async def greet() -> dict[str, str]:
    return work.greeting()


@get("/cpu")
async def cpu(steps: Steps) -> dict[str, int | str]:
    return work.spin(steps)


@get("/wait/blocking", sync_to_thread=True)
def wait_blocking(ms: Milliseconds) -> dict[str, int]:
    """Wait in a thread: Litestar hands a plain ``def`` to its pool."""
    return work.wait_blocking(ms)


@get("/wait/cooperative")
async def wait_cooperative(ms: Milliseconds) -> dict[str, int]:
    await asyncio.sleep(ms / 1000)
    return work.waited(ms)


@get("/wait/mistake")
async def wait_mistake(ms: Milliseconds) -> dict[str, int]:
    """Wait on the loop: while this one sleeps, nobody is served."""
    return work.wait_blocking(ms)


@get("/count")
async def count() -> dict[str, int]:
    return work.tally.report()


# Around the whole: Litestar's own middleware does not see unknown paths.
app = ServedBy(
    Litestar(
        [plain, greet, cpu, wait_blocking, wait_cooperative, wait_mistake, count, *optional.handlers],
        template_config=optional.template_config,
        openapi_config=None,
        logging_config=None,
    )
)
