"""Brought for its capacity, which is known: one request at a time, each of which takes 4 ms, whatever else waits."""

import time
from typing import Any

SERVICE_S = 0.004


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Keep everybody else waiting meanwhile."""
    if scope["type"] != "http":
        return
    await receive()
    time.sleep(SERVICE_S)  # noqa: ASYNC251, TID251 (it is what this app is: one that serves nobody else meanwhile)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"done"})
