"""An ASGI app that a user may bring: with state, cookies, packed bodies, redirects, streams, and ways to go wrong."""

import contextlib
import gzip
import itertools
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

Page = Callable[[Message, bytes], tuple[int, list[tuple[bytes, bytes]], list[bytes]]]

FAILS_FROM, FAILS_TO = 80, 100
"""Which requests fail of the app that does for a while."""

NOTHING: dict[str, str] = {}
seen = itertools.count(1)


def page(*pieces: bytes, status: int = 200, **headers: bytes) -> Any:
    return status, [(name.replace("_", "-").encode(), value) for name, value in headers.items()], list(pieces)


def authorized(scope: Message, _: bytes) -> Any:
    assert os.environ["BROUGHT"]
    (given,) = (value for name, value in scope["headers"] if name == b"authorization")
    return page(b"authorized as " + given)


def watched(scope: Message, _: bytes) -> Any:
    """Logs the secret that it was sent, and looks for it in all command lines and in its own variables."""
    (given,) = (value for name, value in scope["headers"] if name == b"authorization")
    secret = given.rpartition(b" ")[2]
    print("sent", secret.decode(), flush=True)
    for commands in (*Path("/proc").glob("[0-9]*/cmdline"), Path("/proc/self/environ")):
        with contextlib.suppress(OSError):
            if secret in commands.read_bytes():
                return page(b"it is in %s" % str(commands).encode(), status=500)
    return page(b"nobody knows")


def typed(scope: Message, body: bytes) -> Any:
    (content_type,) = (value for name, value in scope["headers"] if name == b"content-type")
    return page(content_type + b": " + body)


def packed(scope: Message, _: bytes) -> Any:
    assert (b"accept-encoding", b"gzip") in scope["headers"]
    return page(gzip.compress(b"x" * 2000), content_encoding=b"gzip")


def echo(scope: Message, body: bytes) -> Any:
    return page(body, str(scope["method"]).encode())


def broken(*_: Any) -> Any:
    raise RuntimeError("broken")


def not_found(*_: Any) -> Any:
    return page(b"what?", status=404)


PAGES: dict[str, Page] = {
    "/": lambda *_: page(b"hello"),
    "/cookie": lambda *_: page(b"hello", set_cookie=b"sid=%d; Path=/" % random.getrandbits(64)),
    "/gzip": packed,
    "/redirect": lambda *_: page(status=302, location=b"/cookie"),
    "/stream": lambda *_: page(*(b"piece %d\n" % number for number in range(20))),
    "/echo": echo,
    "/counter": lambda *_: page(b"seen %d times" % next(seen)),
    "/pid": lambda *_: page(b"served by %d" % os.getpid()),
    "/second": lambda *_: page(b"%d o'clock" % time.time()),
    "/authorized": authorized,
    "/watched": watched,
    "/typed": typed,
    "/broken": broken,
    "/dies": lambda *_: os._exit(7),
}


async def app(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    body = (await receive())["body"]
    made: Page = PAGES.get(str(scope["path"]), not_found)
    status, headers, pieces = made(scope, body)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


started: list[bool] = []


async def needs_its_lifespan(scope: Message, receive: Receive, send: Send) -> None:
    """Responds with an error unless it was told that it starts."""
    if scope["type"] == "lifespan":
        started.append(True)
        await live(receive, send)
        return
    await respond(send, 200 if started else 500)


served = itertools.count()


async def fails_for_a_while(scope: Message, receive: Receive, send: Send) -> None:
    """Responds whole and raises, as frameworks do that turn an exception into a page."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    broken = FAILS_FROM <= next(served) < FAILS_TO
    await respond(send, 500 if broken else 200)
    if broken:
        raise RuntimeError("broken for a while")


async def respond(send: Send, status: int) -> None:
    headers = [(b"content-length", b"2"), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


def slow() -> Any:
    time.sleep(5)  # noqa: TID251 (it is what this app is: one that takes its time to start)
    return app


def configured() -> Any:
    assert os.environ["BROUGHT"]
    return app


def anything(*args: Any) -> Any:
    return app(*args)


def anything_made() -> Any:
    return anything


def leaves() -> Any:
    sys.stdout.flush()
    os._exit(5)
