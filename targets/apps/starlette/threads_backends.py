"""The parts of the contract that ask a backend, in Starlette with plain ``def`` endpoints."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import rows
import work

routes: list[Route] = []

if "database" in work.served_parts():
    import database

    def row(request: Request) -> JSONResponse:
        return JSONResponse(database.one(rows.parse_id(request.query_params.get("id"))))

    def some_rows(request: Request) -> JSONResponse:
        return JSONResponse({"rows": database.some(rows.parse_first(request.query_params.get("first")))})

    routes += [Route("/db/row", row), Route("/db/rows", some_rows)]


if "sqlalchemy" in work.served_parts():
    import tables

    def row_by_core(request: Request) -> JSONResponse:
        return JSONResponse(tables.one_by_core(rows.parse_id(request.query_params.get("id"))))

    def row_by_orm(request: Request) -> JSONResponse:
        return JSONResponse(tables.one_by_orm(rows.parse_id(request.query_params.get("id"))))

    routes += [Route("/db/core/row", row_by_core), Route("/db/orm/row", row_by_orm)]


if "delay" in work.served_parts():
    import delays_client
    import delays_httpx

    def delay(request: Request) -> JSONResponse:
        ms = work.parse_ms(request.query_params.get("ms"))
        delays_httpx.wait_blocking(ms)
        return JSONResponse(work.waited(ms))

    def delay_bare(request: Request) -> JSONResponse:
        ms = work.parse_ms(request.query_params.get("ms"))
        delays_client.wait(ms)
        return JSONResponse(work.waited(ms))

    routes += [Route("/delay", delay), Route("/delay/bare", delay_bare)]
