"""ASGI middleware: counts each request, a WebSocket once, and names the worker in each response."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import work

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

STARTS = {"http.response.start", "websocket.accept"}
"""The messages that carry the headers of a response."""


class ServedBy:
    """Pure ASGI: BaseHTTPMiddleware would cost more than the endpoints do."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass the request on, and add the header to whatever is answered."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        async def send_with_header(message: Message) -> None:
            if message["type"] in STARTS:
                message["headers"].append((b"x-served-by", work.served_by().encode()))
            await send(message)

        work.tally.add_one()
        await self.app(scope, receive, send_with_header)
