"""The endpoints that ask a backend, in Pyramid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.request import Request

import work
from database import rows

View = Callable[[Request], dict[str, Any]]


def row(find: Callable[[int], dict[str, Any]]) -> View:
    """The view of one row that is found in this way."""
    return lambda request: find(rows.parse_id(request.params.get("id")))


def some_rows(find: Callable[[int], list[dict[str, Any]]]) -> View:
    """The view of twenty rows."""
    return lambda request: {"rows": find(rows.parse_first(request.params.get("first")))}


def delay(wait: Callable[[int], None]) -> View:
    """The view of another service that is waited for in this way."""

    def wait_for_it(request: Request) -> dict[str, int]:
        ms = work.parse_ms(request.params.get("ms"))
        wait(ms)
        return work.waited(ms)

    return wait_for_it


routes: dict[str, View] = {}

# What is not served may not be installed.
if "database" in work.served_parts():
    from database import with_psycopg

    routes |= {"/db/row": row(with_psycopg.one), "/db/rows": some_rows(with_psycopg.some)}

if "sqlalchemy" in work.served_parts():
    from database import with_sqlalchemy

    routes |= {
        "/db/core/row": row(with_sqlalchemy.one_by_core),
        "/db/orm/row": row(with_sqlalchemy.one_by_orm),
    }

if "delay" in work.served_parts():
    from delays import with_requests, with_sockets

    routes |= {"/delay": delay(with_requests.wait), "/delay/bare": delay(with_sockets.wait)}
