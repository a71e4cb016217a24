"""The parts of the contract that ask a backend, in Sanic; it brings no HTTP client, and its tests take httpx."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

import rows
import work

backends = Blueprint("backends")

if "database" in work.served_parts():
    import async_database

    @backends.get("/db/row")
    async def row(request: Request) -> HTTPResponse:
        return json(await async_database.one(rows.parse_id(request.args.get("id"))))

    @backends.get("/db/rows")
    async def some_rows(request: Request) -> HTTPResponse:
        return json({"rows": await async_database.some(rows.parse_first(request.args.get("first")))})


if "asyncpg" in work.served_parts():
    import asyncpg_database

    @backends.get("/db/asyncpg/row")
    async def row_by_asyncpg(request: Request) -> HTTPResponse:
        return json(await asyncpg_database.one(rows.parse_id(request.args.get("id"))))


if "delay" in work.served_parts():
    import async_delays_client
    import delays_httpx

    @backends.get("/delay")
    async def delay(request: Request) -> HTTPResponse:
        ms = work.parse_ms(request.args.get("ms"))
        await delays_httpx.wait(ms)
        return json(work.waited(ms))

    @backends.get("/delay/bare")
    async def delay_bare(request: Request) -> HTTPResponse:
        ms = work.parse_ms(request.args.get("ms"))
        await async_delays_client.wait(ms)
        return json(work.waited(ms))
