"""When the code after ``yield`` of a FastAPI dependency runs: before or after the response, and its background task.

Rows, 1 or 0: ``after_response``, whether it ran after the last byte was sent; ``after_background``, whether it ran
after the background task.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI

from in_process import get, is_last
from rows import Asked, row

events: list[str] = []
app = FastAPI()


async def resource() -> AsyncIterator[int]:
    """Something that is opened and closed."""
    yield 1
    events.append("teardown")


@app.get("/")
async def endpoint(background: BackgroundTasks, held: Annotated[int, Depends(resource)]) -> dict[str, int]:
    """Respond, with work for afterwards."""
    background.add_task(events.append, "background")
    return {"held": held}


def main() -> None:
    """Request once, and see what came when."""
    Asked()
    status, _ = asyncio.run(get(app, "/", on_send=lambda sent: events.append("response") if is_last(sent) else None))
    if status != 200 or set(events) != {"teardown", "background", "response"}:
        raise SystemExit(f"status {status}, events {events}")
    at = events.index("teardown")
    row("after_response", float(at > events.index("response")))
    row("after_background", float(at > events.index("background")))


if __name__ == "__main__":
    main()
