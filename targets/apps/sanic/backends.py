"""The endpoints that ask a backend, in Sanic; it brings no HTTP client, and its tests take httpx."""

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json

import work
from database import rows

endpoints = Blueprint("backends")

if "database" in work.served_parts():
    from database import with_psycopg_async

    @endpoints.get("/db/row")
    async def row(request: Request) -> HTTPResponse:
        return json(await with_psycopg_async.one(rows.parse_id(request.args.get("id"))))

    @endpoints.get("/db/rows")
    async def some_rows(request: Request) -> HTTPResponse:
        return json({"rows": await with_psycopg_async.some(rows.parse_first(request.args.get("first")))})


if "asyncpg" in work.served_parts():
    from database import with_asyncpg

    @endpoints.get("/db/asyncpg/row")
    async def row_by_asyncpg(request: Request) -> HTTPResponse:
        return json(await with_asyncpg.one(rows.parse_id(request.args.get("id"))))


if "delay" in work.served_parts():
    from delays import with_asyncio, with_httpx

    @endpoints.get("/delay")
    async def delay(request: Request) -> HTTPResponse:
        ms = work.parse_ms(request.args.get("ms"))
        await with_httpx.wait(ms)
        return json(work.waited(ms))

    @endpoints.get("/delay/bare")
    async def delay_bare(request: Request) -> HTTPResponse:
        ms = work.parse_ms(request.args.get("ms"))
        await with_asyncio.wait(ms)
        return json(work.waited(ms))
