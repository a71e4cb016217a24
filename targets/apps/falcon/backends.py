"""The endpoints that ask a backend, in Falcon."""

# ruff: noqa: D102 (Falcon finds on_get by its name)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import falcon

import work
from database import rows


class Row:
    """One row, found in this way."""

    def __init__(self, find: Callable[[int], dict[str, Any]]) -> None:
        self._find = find

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.media = self._find(rows.parse_id(request.get_param("id")))


class Rows:
    """Twenty rows, found in one query."""

    def __init__(self, find: Callable[[int], list[dict[str, Any]]]) -> None:
        self._find = find

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.media = {"rows": self._find(rows.parse_first(request.get_param("first")))}


class Delay:
    """Another service, waited for in this way."""

    def __init__(self, wait: Callable[[int], None]) -> None:
        self._wait = wait

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        ms = work.parse_ms(request.get_param("ms"))
        self._wait(ms)
        response.media = work.waited(ms)


routes: dict[str, Row | Rows | Delay] = {}

# What is not served may not be installed.
if "database" in work.served_parts():
    from database import with_psycopg

    routes |= {"/db/row": Row(with_psycopg.one), "/db/rows": Rows(with_psycopg.some)}

if "sqlalchemy" in work.served_parts():
    from database import with_sqlalchemy

    routes |= {
        "/db/core/row": Row(with_sqlalchemy.one_by_core),
        "/db/orm/row": Row(with_sqlalchemy.one_by_orm),
    }

if "delay" in work.served_parts():
    from delays import with_requests, with_sockets

    routes |= {"/delay": Delay(with_requests.wait), "/delay/bare": Delay(with_sockets.wait)}
