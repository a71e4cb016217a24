"""The parts of the contract that ask a backend, in Quart."""

from typing import Any

from quart import Blueprint, request

import rows
import work

backends = Blueprint("backends", __name__)

if "database" in work.served_parts():
    import async_database

    @backends.get("/db/row")
    async def row() -> dict[str, Any]:
        return await async_database.one(rows.parse_id(request.args.get("id")))

    @backends.get("/db/rows")
    async def some_rows() -> dict[str, list[dict[str, Any]]]:
        return {"rows": await async_database.some(rows.parse_first(request.args.get("first")))}


if "asyncpg" in work.served_parts():
    import asyncpg_database

    @backends.get("/db/asyncpg/row")
    async def row_by_asyncpg() -> dict[str, Any]:
        return await asyncpg_database.one(rows.parse_id(request.args.get("id")))


if "sqlalchemy" in work.served_parts():
    import async_tables

    @backends.get("/db/core/row")
    async def row_by_core() -> dict[str, Any]:
        return await async_tables.one_by_core(rows.parse_id(request.args.get("id")))

    @backends.get("/db/orm/row")
    async def row_by_orm() -> dict[str, int | str]:
        return await async_tables.one_by_orm(rows.parse_id(request.args.get("id")))


if "delay" in work.served_parts():
    import async_delays_client
    import delays_httpx

    @backends.get("/delay")
    async def delay() -> dict[str, int]:
        ms = work.parse_ms(request.args.get("ms"))
        await delays_httpx.wait(ms)
        return work.waited(ms)

    @backends.get("/delay/bare")
    async def delay_bare() -> dict[str, int]:
        ms = work.parse_ms(request.args.get("ms"))
        await async_delays_client.wait(ms)
        return work.waited(ms)
