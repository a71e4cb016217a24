"""The endpoints that ask a backend, in FastAPI with ``async def`` endpoints."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

import work
from database import rows

Id = Annotated[int, Query(ge=1, le=rows.ROWS)]
First = Annotated[int, Query(ge=1, le=rows.ROWS - rows.AT_ONCE + 1)]
Milliseconds = Annotated[int, Query(ge=0, le=work.MAX_MS)]

router = APIRouter()

if "database" in work.served_parts():
    from database import with_psycopg_async

    @router.get("/db/row")
    async def row(id: Id) -> dict[str, Any]:  # noqa: A002 (the name of the parameter is the contract's)
        return await with_psycopg_async.one(id)

    @router.get("/db/rows")
    async def some_rows(first: First) -> dict[str, list[dict[str, Any]]]:
        return {"rows": await with_psycopg_async.some(first)}


if "asyncpg" in work.served_parts():
    from database import with_asyncpg

    @router.get("/db/asyncpg/row")
    async def row_by_asyncpg(id: Id) -> dict[str, Any]:  # noqa: A002 (as above)
        return await with_asyncpg.one(id)


if "sqlalchemy" in work.served_parts():
    from database import with_sqlalchemy_async

    @router.get("/db/core/row")
    async def row_by_core(id: Id) -> dict[str, Any]:  # noqa: A002 (as above)
        return await with_sqlalchemy_async.one_by_core(id)

    @router.get("/db/orm/row")
    async def row_by_orm(id: Id) -> dict[str, int | str]:  # noqa: A002 (as above)
        return await with_sqlalchemy_async.one_by_orm(id)


if "delay" in work.served_parts():
    from delays import with_asyncio, with_httpx

    @router.get("/delay")
    async def delay(ms: Milliseconds) -> dict[str, int]:
        await with_httpx.wait(ms)
        return work.waited(ms)

    @router.get("/delay/bare")
    async def delay_bare(ms: Milliseconds) -> dict[str, int]:
        await with_asyncio.wait(ms)
        return work.waited(ms)
