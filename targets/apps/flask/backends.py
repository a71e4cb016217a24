"""The endpoints that ask a backend, in Flask. Some may be served without the packages of the others."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

import work
from database import rows

endpoints = Blueprint("backends", __name__)

if "database" in work.served_parts():
    from database import with_psycopg

    @endpoints.get("/db/row")
    def row() -> dict[str, Any]:
        return with_psycopg.one(rows.parse_id(request.args.get("id")))

    @endpoints.get("/db/rows")
    def some_rows() -> dict[str, Any]:
        return {"rows": with_psycopg.some(rows.parse_first(request.args.get("first")))}


if "sqlalchemy" in work.served_parts():
    from database import with_sqlalchemy

    @endpoints.get("/db/core/row")
    def row_by_core() -> dict[str, Any]:
        return with_sqlalchemy.one_by_core(rows.parse_id(request.args.get("id")))

    @endpoints.get("/db/orm/row")
    def row_by_orm() -> dict[str, int | str]:
        return with_sqlalchemy.one_by_orm(rows.parse_id(request.args.get("id")))


if "delay" in work.served_parts():
    from delays import with_requests, with_sockets

    @endpoints.get("/delay")
    def delay() -> dict[str, int]:
        ms = work.parse_ms(request.args.get("ms"))
        with_requests.wait(ms)
        return work.waited(ms)

    @endpoints.get("/delay/bare")
    def delay_bare() -> dict[str, int]:
        ms = work.parse_ms(request.args.get("ms"))
        with_sockets.wait(ms)
        return work.waited(ms)
