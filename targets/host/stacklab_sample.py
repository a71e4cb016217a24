"""A small ASGI app, which `stacklab gate --prove` measures where no app is named: it renders and hashes orders."""

import hashlib
import json
from typing import Any

ORDERS = [{"id": number, "item": f"item {number}", "price": number * 1.25} for number in range(40)]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer every request alike."""
    if scope["type"] != "http":
        return
    body = json.dumps({"orders": ORDERS}).encode()
    digest = hashlib.sha256(body).hexdigest().encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"etag", b'"%s"' % digest),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
