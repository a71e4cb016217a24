"""The endpoints that ask a backend, in Starlette with plain ``def`` endpoints."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import work
from database import rows

routes: list[Route] = []

if "database" in work.served_parts():
    from database import with_psycopg

    def row(request: Request) -> JSONResponse:
        return JSONResponse(with_psycopg.one(rows.parse_id(request.query_params.get("id"))))

    def some_rows(request: Request) -> JSONResponse:
        return JSONResponse({"rows": with_psycopg.some(rows.parse_first(request.query_params.get("first")))})

    routes += [Route("/db/row", row), Route("/db/rows", some_rows)]


if "sqlalchemy" in work.served_parts():
    from database import with_sqlalchemy

    def row_by_core(request: Request) -> JSONResponse:
        return JSONResponse(with_sqlalchemy.one_by_core(rows.parse_id(request.query_params.get("id"))))

    def row_by_orm(request: Request) -> JSONResponse:
        return JSONResponse(with_sqlalchemy.one_by_orm(rows.parse_id(request.query_params.get("id"))))

    routes += [Route("/db/core/row", row_by_core), Route("/db/orm/row", row_by_orm)]


if "delay" in work.served_parts():
    from delays import with_httpx, with_sockets

    def delay(request: Request) -> JSONResponse:
        ms = work.parse_ms(request.query_params.get("ms"))
        with_httpx.wait_blocking(ms)
        return JSONResponse(work.waited(ms))

    def delay_bare(request: Request) -> JSONResponse:
        ms = work.parse_ms(request.query_params.get("ms"))
        with_sockets.wait(ms)
        return JSONResponse(work.waited(ms))

    routes += [Route("/delay", delay), Route("/delay/bare", delay_bare)]
