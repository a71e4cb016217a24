"""Requests to an ASGI app in this process, without a socket: what the app itself does, and when it sends what."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]


async def get(app: Any, path: str, *, on_send: Callable[[Message], None] = lambda _: None) -> tuple[int, bytes]:
    """Request a path; return status and body. ``on_send`` sees each message at the moment it is sent."""
    status, body = 0, bytearray()
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()  # the client stays
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            body.extend(message.get("body", b""))
        on_send(message)

    call: Callable[..., Awaitable[None]] = app
    await call(_scope(path), receive, send)
    return status, bytes(body)


def is_last(message: Message) -> bool:
    """Whether a message ends the response."""
    return message["type"] == "http.response.body" and not message.get("more_body", False)


def _scope(path: str) -> Message:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
