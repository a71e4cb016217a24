"""The parts of the contract that ask a backend, in FastAPI with ``async def`` endpoints."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

import rows
import work

Id = Annotated[int, Query(ge=1, le=rows.ROWS)]
First = Annotated[int, Query(ge=1, le=rows.ROWS - rows.AT_ONCE + 1)]
Milliseconds = Annotated[int, Query(ge=0, le=work.MAX_MS)]

router = APIRouter()

if "database" in work.served_parts():
    import async_database

    @router.get("/db/row")
    async def row(id: Id) -> dict[str, Any]:  # noqa: A002 (the name of the parameter is the contract's)
        return await async_database.one(id)

    @router.get("/db/rows")
    async def some_rows(first: First) -> dict[str, list[dict[str, Any]]]:
        return {"rows": await async_database.some(first)}


if "asyncpg" in work.served_parts():
    import asyncpg_database

    @router.get("/db/asyncpg/row")
    async def row_by_asyncpg(id: Id) -> dict[str, Any]:  # noqa: A002 (as above)
        return await asyncpg_database.one(id)


if "sqlalchemy" in work.served_parts():
    import async_tables

    @router.get("/db/core/row")
    async def row_by_core(id: Id) -> dict[str, Any]:  # noqa: A002 (as above)
        return await async_tables.one_by_core(id)

    @router.get("/db/orm/row")
    async def row_by_orm(id: Id) -> dict[str, int | str]:  # noqa: A002 (as above)
        return await async_tables.one_by_orm(id)


if "delay" in work.served_parts():
    import async_delays_client
    import delays_httpx

    @router.get("/delay")
    async def delay(ms: Milliseconds) -> dict[str, int]:
        await delays_httpx.wait(ms)
        return work.waited(ms)

    @router.get("/delay/bare")
    async def delay_bare(ms: Milliseconds) -> dict[str, int]:
        await async_delays_client.wait(ms)
        return work.waited(ms)
