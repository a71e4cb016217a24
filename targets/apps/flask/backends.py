"""The parts of the contract that ask a backend, in Flask. One part may be served without the packages of another."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

import rows
import work

backends = Blueprint("backends", __name__)

if "database" in work.served_parts():
    import database

    @backends.get("/db/row")
    def row() -> dict[str, Any]:
        return database.one(rows.parse_id(request.args.get("id")))

    @backends.get("/db/rows")
    def some_rows() -> dict[str, Any]:
        return {"rows": database.some(rows.parse_first(request.args.get("first")))}


if "sqlalchemy" in work.served_parts():
    import tables

    @backends.get("/db/core/row")
    def row_by_core() -> dict[str, Any]:
        return tables.one_by_core(rows.parse_id(request.args.get("id")))

    @backends.get("/db/orm/row")
    def row_by_orm() -> dict[str, int | str]:
        return tables.one_by_orm(rows.parse_id(request.args.get("id")))


if "delay" in work.served_parts():
    import delays_client
    import delays_session

    @backends.get("/delay")
    def delay() -> dict[str, int]:
        ms = work.parse_ms(request.args.get("ms"))
        delays_session.wait(ms)
        return work.waited(ms)

    @backends.get("/delay/bare")
    def delay_bare() -> dict[str, int]:
        ms = work.parse_ms(request.args.get("ms"))
        delays_client.wait(ms)
        return work.waited(ms)
