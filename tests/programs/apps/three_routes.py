"""Brought for its routes: three that take 1, 10 and 100 ms, one of which fails every fiftieth time.

It notes every request on the clock of the load generator, so that what is reported can be held against it.
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Any

TAKES_MS = {"/fast": 1, "/medium": 10, "/slow": 100}
FAILS = "/medium"
EVERY = 50

seen = dict.fromkeys(TAKES_MS, 0)


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer, and note when the request began and what became of it."""
    if scope["type"] != "http":
        return
    began_ns, path = time.monotonic_ns(), scope["path"]
    await receive()
    await asyncio.sleep(TAKES_MS[path] / 1000)
    seen[path] += 1
    failed = path == FAILS and seen[path] % EVERY == 0
    if failed:
        print("StockError: shelf 7 is empty", file=sys.stderr, flush=True)
    body = b'{"error": "shelf 7 is empty"}' if failed else b'{"done": true}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500 if failed else 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    note(f"{began_ns} {path} {int(failed)}\n")


def note(line: str) -> None:
    """Append a line, at once: the server may be killed."""
    with Path(os.environ["NOTES"]).open("a", encoding="utf-8") as notes:
        notes.write(line)
