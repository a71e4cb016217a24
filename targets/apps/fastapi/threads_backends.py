"""The endpoints that ask a backend, in FastAPI with plain ``def`` endpoints."""

from typing import Any

from fastapi import APIRouter

import work
from backends import First, Id, Milliseconds

router = APIRouter()

if "database" in work.served_parts():
    from database import with_psycopg

    @router.get("/db/row")
    def row(id: Id) -> dict[str, Any]:  # noqa: A002 (the name of the parameter is the contract's)
        return with_psycopg.one(id)

    @router.get("/db/rows")
    def some_rows(first: First) -> dict[str, list[dict[str, Any]]]:
        return {"rows": with_psycopg.some(first)}


if "sqlalchemy" in work.served_parts():
    from database import with_sqlalchemy

    @router.get("/db/core/row")
    def row_by_core(id: Id) -> dict[str, Any]:  # noqa: A002 (as above)
        return with_sqlalchemy.one_by_core(id)

    @router.get("/db/orm/row")
    def row_by_orm(id: Id) -> dict[str, int | str]:  # noqa: A002 (as above)
        return with_sqlalchemy.one_by_orm(id)


if "delay" in work.served_parts():
    from delays import with_httpx, with_sockets

    @router.get("/delay")
    def delay(ms: Milliseconds) -> dict[str, int]:
        with_httpx.wait_blocking(ms)
        return work.waited(ms)

    @router.get("/delay/bare")
    def delay_bare(ms: Milliseconds) -> dict[str, int]:
        with_sockets.wait(ms)
        return work.waited(ms)
