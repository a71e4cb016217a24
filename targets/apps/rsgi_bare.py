"""The contract as a bare RSGI application: granian's own interface, without any framework."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import work
from asgi_bare import JSON, ROUTES, THREADS, not_found


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
        handler = ROUTES.get(scope.path, not_found)
        try:
            status, content_type, body = await handler(scope.query_string)
        except work.BadParameterError as error:
            status, content_type, body = 400, JSON, work.compact_json({"error": str(error)})
        headers = [("content-type", content_type.decode()), ("x-served-by", work.served_by())]
        protocol.response_bytes(status, headers, body)


app = Application()
