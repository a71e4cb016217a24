"""What a response costs in FastAPI with a response model and without one, in this process.

``how``: ``model``, the endpoint declares the model of what it returns; ``none``, it has ``response_model=None``. Both
return the same dicts; ``items``: how many. One row for each: ``cost_s``, the processor time of a request.
"""

import asyncio
import statistics
import time

from fastapi import FastAPI
from pydantic import BaseModel

from in_process import get
from rows import Asked, row

SAMPLES = 9
SAMPLE_S = 0.03


class Item(BaseModel):
    """Ten fields, as an API has them."""

    id: int
    name: str
    price: float
    count: int
    weight: float
    is_active: bool
    category: str
    description: str
    width: float
    height: float


class Items(BaseModel):
    """A page of them."""

    items: list[Item]


def page(count: int) -> dict[str, list[dict[str, object]]]:
    """What a database would give."""
    return {
        "items": [
            {
                "id": number,
                "name": f"item {number}",
                "price": number * 1.25,
                "count": number % 7,
                "weight": 0.5 + number,
                "is_active": number % 2 == 0,
                "category": "tools",
                "description": "as long as a short sentence about a thing is",
                "width": 1.5,
                "height": 2.5,
            }
            for number in range(count)
        ]
    }


def made(how: str, count: int) -> FastAPI:
    """An app with one endpoint."""
    app, content = FastAPI(), page(count)

    async def endpoint() -> object:
        return content

    app.get("/", response_model=Items if how == "model" else None)(endpoint)
    return app


async def cost_s(app: FastAPI) -> float:
    """The median of some samples, processor time of this process."""
    status, body = await get(app, "/")
    if status != 200 or not body.startswith(b'{"items":['):
        raise SystemExit(f"status {status}: {body[:100]!r}")
    samples = []
    for _ in range(SAMPLES):
        times, began_s = 0, time.process_time()
        while time.process_time() - began_s < SAMPLE_S:
            await get(app, "/")
            times += 1
        samples.append((time.process_time() - began_s) / times)
    return statistics.median(samples)


def main() -> None:
    """Measure one way, at every size."""
    asked = Asked(how="model", items=(10, 200))
    for count in asked.items:
        row("cost_s", asyncio.run(cost_s(made(asked.how, count))), items=count)


if __name__ == "__main__":
    main()
