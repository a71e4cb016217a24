"""The endpoints that ask a backend, in Litestar."""

from typing import Annotated, Any

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

import work
from database import rows

Id = Annotated[int, Parameter(query="id", ge=1, le=rows.ROWS)]
First = Annotated[int, Parameter(ge=1, le=rows.ROWS - rows.AT_ONCE + 1)]
Milliseconds = Annotated[int, Parameter(ge=0, le=work.MAX_MS)]

handlers: list[HTTPRouteHandler] = []

if "database" in work.served_parts():
    from database import with_psycopg_async

    @get("/db/row")
    async def row(number: Id) -> dict[str, Any]:
        return await with_psycopg_async.one(number)

    @get("/db/rows")
    async def some_rows(first: First) -> dict[str, list[dict[str, Any]]]:
        return {"rows": await with_psycopg_async.some(first)}

    handlers += [row, some_rows]


if "asyncpg" in work.served_parts():
    from database import with_asyncpg

    @get("/db/asyncpg/row")
    async def row_by_asyncpg(number: Id) -> dict[str, Any]:
        return await with_asyncpg.one(number)

    handlers += [row_by_asyncpg]


if "sqlalchemy" in work.served_parts():
    from database import with_sqlalchemy_async

    @get("/db/core/row")
    async def row_by_core(number: Id) -> dict[str, Any]:
        return await with_sqlalchemy_async.one_by_core(number)

    @get("/db/orm/row")
    async def row_by_orm(number: Id) -> dict[str, int | str]:
        return await with_sqlalchemy_async.one_by_orm(number)

    handlers += [row_by_core, row_by_orm]


if "delay" in work.served_parts():
    from delays import with_asyncio, with_httpx

    @get("/delay")
    async def delay(ms: Milliseconds) -> dict[str, int]:
        await with_httpx.wait(ms)
        return work.waited(ms)

    @get("/delay/bare")
    async def delay_bare(ms: Milliseconds) -> dict[str, int]:
        await with_asyncio.wait(ms)
        return work.waited(ms)

    handlers += [delay, delay_bare]
