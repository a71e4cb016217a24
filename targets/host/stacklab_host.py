"""What a server is given instead of an app of the user's own: that app, with its requests counted.

Each answer names the process that gave it, and ``COUNT`` says how many requests have reached it. Nothing else changes:
bodies, streams and errors pass through as they are.
"""

import os
import sys
import threading
import time
from typing import Any

import stacklab_app

COUNT = "/.stacklab/count"
SERVED_BY = "x-served-by"
SLOWED_BY_NS = int(float(os.environ.get("STACKLAB_SLOWED_BY_US", "0")) * 1000)
"""Processor time that each request takes more than the app needs: `stacklab gate --prove` plants it."""


class Tally:
    """Counts the requests that reached this process; safe in any number of threads."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = threading.Lock()

    def add_one(self) -> None:
        """A request has arrived."""
        with self._lock:
            self._count += 1
        if SLOWED_BY_NS:
            until = time.perf_counter_ns() + SLOWED_BY_NS  # the clock of the thread takes longer than that to read
            while time.perf_counter_ns() < until:
                pass

    def report(self) -> bytes:
        """As JSON, with 1 if the GIL is on; the question itself is counted."""
        is_on = getattr(sys, "_is_gil_enabled", None)  # since Python 3.13
        return b'{"pid":%d,"count":%d,"gil":%d}' % (os.getpid(), self._count, is_on is None or is_on())


tally = Tally()


class CountedWsgi:
    """A WSGI app whose requests are counted."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Pass the request on, and add the header to whatever is answered."""
        tally.add_one()
        served_by = (SERVED_BY, str(os.getpid()))
        if environ["PATH_INFO"] == COUNT:
            body = tally.report()
            start_response(
                "200 OK", [("content-type", "application/json"), ("content-length", str(len(body))), served_by]
            )
            return [body]

        def start(status: str, headers: Any, exc_info: Any = None) -> Any:
            return start_response(status, [*headers, served_by], *((exc_info,) if exc_info else ()))

        return self.app(environ, start)


class CountedAsgi:
    """An ASGI app whose requests are counted."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on, and add the header to whatever is answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        tally.add_one()
        served_by = (SERVED_BY.encode(), b"%d" % os.getpid())
        if scope["path"] == COUNT:
            body = tally.report()
            length = (b"content-length", b"%d" % len(body))
            headers = [(b"content-type", b"application/json"), length, served_by]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return

        async def named(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), served_by]}
            await send(message)

        await self.app(scope, receive, named)


def hosted() -> Any:
    """The app that the environment asks for, as a server shall call it."""
    wanted = stacklab_app.asked()
    try:
        found = stacklab_app.load(wanted)
    except stacklab_app.Refused as refused:
        raise RuntimeError(str(refused)) from None
    if not wanted.counted:
        return found.app
    return CountedWsgi(found.app) if found.interface == "wsgi" else CountedAsgi(found.app)


app = hosted()
