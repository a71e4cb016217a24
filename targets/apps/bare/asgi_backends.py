"""The endpoints that ask a backend, without a framework: for bare ASGI and RSGI."""

from collections.abc import AsyncIterable

import work
from database import rows
from responses import JSON, Answer, Handler

ROUTES: dict[str, dict[str, Handler]] = {}

if "database" in work.served_parts():
    from database import with_psycopg_async

    async def row(query: str, body: AsyncIterable[bytes]) -> Answer:
        number = rows.parse_id(work.parameter(query, "id"))
        return 200, JSON, work.compact_json(await with_psycopg_async.one(number))

    async def some_rows(query: str, body: AsyncIterable[bytes]) -> Answer:
        first = rows.parse_first(work.parameter(query, "first"))
        return 200, JSON, work.compact_json({"rows": await with_psycopg_async.some(first)})

    ROUTES |= {"/db/row": {"GET": row}, "/db/rows": {"GET": some_rows}}


if "delay" in work.served_parts():
    from delays import with_asyncio

    async def delay(query: str, body: AsyncIterable[bytes]) -> Answer:
        ms = work.parse_ms(work.parameter(query, "ms"))
        await with_asyncio.wait(ms)
        return 200, JSON, work.compact_json(work.waited(ms))

    # Without a framework there is no HTTP client that its users take: both ask over the bare socket.
    ROUTES |= {"/delay": {"GET": delay}, "/delay/bare": {"GET": delay}}
