"""The endpoints that ask a backend, in aiohttp, with its own HTTP client."""

import os
from collections.abc import AsyncIterator

from aiohttp import ClientSession, ClientTimeout, web

import work
from database import rows
from responses import json_response

routes = web.RouteTableDef()

if "database" in work.served_parts():
    from database import with_psycopg_async

    @routes.get("/db/row")
    async def row(request: web.Request) -> web.Response:
        return json_response(await with_psycopg_async.one(rows.parse_id(request.query.get("id"))))

    @routes.get("/db/rows")
    async def some_rows(request: web.Request) -> web.Response:
        first = rows.parse_first(request.query.get("first"))
        return json_response({"rows": await with_psycopg_async.some(first)})


if "asyncpg" in work.served_parts():
    from database import with_asyncpg

    @routes.get("/db/asyncpg/row")
    async def row_by_asyncpg(request: web.Request) -> web.Response:
        return json_response(await with_asyncpg.one(rows.parse_id(request.query.get("id"))))


if "delay" in work.served_parts():
    from delays import with_asyncio

    CLIENT = web.AppKey("client", ClientSession)

    async def client(app: web.Application) -> AsyncIterator[None]:
        """One session for as long as the server lives; of its 100 connections it keeps those that it has opened."""
        async with ClientSession(os.environ["DELAYS_URL"], timeout=ClientTimeout(30), raise_for_status=True) as session:
            app[CLIENT] = session
            yield

    @routes.get("/delay")
    async def delay(request: web.Request) -> web.Response:
        ms = work.parse_ms(request.query.get("ms"))
        async with request.app[CLIENT].get("/", params={"ms": ms}) as answer:
            await answer.read()
        return json_response(work.waited(ms))

    @routes.get("/delay/bare")
    async def delay_bare(request: web.Request) -> web.Response:
        ms = work.parse_ms(request.query.get("ms"))
        await with_asyncio.wait(ms)
        return json_response(work.waited(ms))


def add_to(app: web.Application) -> None:
    app.add_routes(routes)
    if "delay" in work.served_parts():
        app.cleanup_ctx.append(client)
