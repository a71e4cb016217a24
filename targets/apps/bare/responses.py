"""What handlers without a framework take and give, for bare ASGI and RSGI."""

from collections.abc import AsyncIterable, Awaitable, Callable

Answer = tuple[int, bytes, bytes | AsyncIterable[bytes]]
"""Status, content type, body: whole, or in the pieces in which it is sent."""

Handler = Callable[[str, AsyncIterable[bytes]], Awaitable[Answer]]
"""Takes the query, and the body of the request as it arrives."""

TEXT = b"text/plain; charset=utf-8"
JSON = b"application/json"
