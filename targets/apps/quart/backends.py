"""The endpoints that ask a backend, in Quart."""

from typing import Any

from quart import Blueprint, request

import work
from database import rows

endpoints = Blueprint("backends", __name__)

if "database" in work.served_parts():
    from database import with_psycopg_async

    @endpoints.get("/db/row")
    async def row() -> dict[str, Any]:
        return await with_psycopg_async.one(rows.parse_id(request.args.get("id")))

    @endpoints.get("/db/rows")
    async def some_rows() -> dict[str, list[dict[str, Any]]]:
        return {"rows": await with_psycopg_async.some(rows.parse_first(request.args.get("first")))}


if "asyncpg" in work.served_parts():
    from database import with_asyncpg

    @endpoints.get("/db/asyncpg/row")
    async def row_by_asyncpg() -> dict[str, Any]:
        return await with_asyncpg.one(rows.parse_id(request.args.get("id")))


if "sqlalchemy" in work.served_parts():
    from database import with_sqlalchemy_async

    @endpoints.get("/db/core/row")
    async def row_by_core() -> dict[str, Any]:
        return await with_sqlalchemy_async.one_by_core(rows.parse_id(request.args.get("id")))

    @endpoints.get("/db/orm/row")
    async def row_by_orm() -> dict[str, int | str]:
        return await with_sqlalchemy_async.one_by_orm(rows.parse_id(request.args.get("id")))


if "delay" in work.served_parts():
    from delays import with_asyncio, with_httpx

    @endpoints.get("/delay")
    async def delay() -> dict[str, int]:
        ms = work.parse_ms(request.args.get("ms"))
        await with_httpx.wait(ms)
        return work.waited(ms)

    @endpoints.get("/delay/bare")
    async def delay_bare() -> dict[str, int]:
        ms = work.parse_ms(request.args.get("ms"))
        await with_asyncio.wait(ms)
        return work.waited(ms)
