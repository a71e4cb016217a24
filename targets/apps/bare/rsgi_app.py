"""The contract as a bare RSGI application: granian's own interface, without any framework."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from granian.rsgi import WebsocketMessageType

import work
from asgi_app import THREADS, answer


class Application:
    """What granian's interface asks for; the handlers are those of the bare ASGI callable."""

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hold the threads of the blocking waits."""
        self.threads = ThreadPoolExecutor(THREADS)
        loop.set_default_executor(self.threads)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let them go when the server ends."""
        self.threads.shutdown(wait=False)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request: headers are text here, and one call sends everything."""
        work.tally.add_one()
        if scope.proto == "ws":
            await converse(scope, protocol)
            return
        status, content_type, body = await answer(scope.method, scope.path, scope.query_string, protocol)
        headers = [("content-type", content_type.decode()), ("x-served-by", work.served_by())]
        if isinstance(body, bytes):
            protocol.response_bytes(status, headers, body)
        else:
            transport = protocol.response_stream(status, headers)
            async for piece in body:
                await transport.send_bytes(piece)


async def converse(scope: Any, protocol: Any) -> None:
    """Accept a WebSocket of the one path that has one, and send back each text message."""
    if scope.path != "/echo":
        protocol.close(404)
        return
    transport = await protocol.accept()
    while (message := await transport.receive()).kind == WebsocketMessageType.string:
        await transport.send_str(message.data)


app = Application()
