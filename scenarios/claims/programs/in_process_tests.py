"""What a test that calls a FastAPI app in process costs.

Rows: ``total_s``, of 200 requests over one httpx.AsyncClient with ASGITransport; ``accepts_app``, whether
``AsyncClient(app=…)`` still works.
"""

import asyncio
import time

import httpx
from fastapi import FastAPI

from rows import Asked, row

REQUESTS = 200
app = FastAPI()


@app.get("/")
async def endpoint() -> dict[str, str]:
    """A small response."""
    return {"hello": "world"}


async def over_asgi() -> float:
    """One client for all requests."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        began_s = time.perf_counter()
        for _ in range(REQUESTS):
            (await client.get("/")).raise_for_status()
        return time.perf_counter() - began_s


def accepts_app() -> bool:
    """As articles of before httpx 0.28 do it."""
    try:
        httpx.AsyncClient(app=app)  # type: ignore[call-arg]  # whether it does is what is asked
    except TypeError:
        return False
    return True


def main() -> None:
    """Measure it."""
    Asked()
    row("total_s", asyncio.run(over_asgi()))
    row("accepts_app", float(accepts_app()))


if __name__ == "__main__":
    main()
