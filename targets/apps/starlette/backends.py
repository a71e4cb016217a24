"""The endpoints that ask a backend, in Starlette on asyncio; each needs its own packages, and no more."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import work
from database import rows

routes: list[Route] = []

if "database" in work.served_parts():
    from database import with_psycopg_async

    async def row(request: Request) -> JSONResponse:
        return JSONResponse(await with_psycopg_async.one(rows.parse_id(request.query_params.get("id"))))

    async def some_rows(request: Request) -> JSONResponse:
        first = rows.parse_first(request.query_params.get("first"))
        return JSONResponse({"rows": await with_psycopg_async.some(first)})

    routes += [Route("/db/row", row), Route("/db/rows", some_rows)]


if "asyncpg" in work.served_parts():
    from database import with_asyncpg

    async def row_by_asyncpg(request: Request) -> JSONResponse:
        return JSONResponse(await with_asyncpg.one(rows.parse_id(request.query_params.get("id"))))

    routes += [Route("/db/asyncpg/row", row_by_asyncpg)]


if "sqlalchemy" in work.served_parts():
    from database import with_sqlalchemy_async

    async def row_by_core(request: Request) -> JSONResponse:
        return JSONResponse(await with_sqlalchemy_async.one_by_core(rows.parse_id(request.query_params.get("id"))))

    async def row_by_orm(request: Request) -> JSONResponse:
        return JSONResponse(await with_sqlalchemy_async.one_by_orm(rows.parse_id(request.query_params.get("id"))))

    routes += [Route("/db/core/row", row_by_core), Route("/db/orm/row", row_by_orm)]


if "delay" in work.served_parts():
    from delays import with_asyncio, with_httpx

    async def delay(request: Request) -> JSONResponse:
        ms = work.parse_ms(request.query_params.get("ms"))
        await with_httpx.wait(ms)
        return JSONResponse(work.waited(ms))

    async def delay_bare(request: Request) -> JSONResponse:
        ms = work.parse_ms(request.query_params.get("ms"))
        await with_asyncio.wait(ms)
        return JSONResponse(work.waited(ms))

    routes += [Route("/delay", delay), Route("/delay/bare", delay_bare)]
