"""The endpoints that ask a backend, in Twisted."""

from twisted.internet.defer import Deferred
from twisted.web.server import Request

import work
from database import rows
from endpoint import Page, later, not_found, parameter

if "database" in work.served_parts():
    import adbapi_database

    def row(request: Request) -> int:
        return later(request, adbapi_database.one(rows.parse_id(parameter(request, "id"))))

    def some_rows(request: Request) -> int:
        return later(request, adbapi_database.some(rows.parse_first(parameter(request, "first"))))


if "delay" in work.served_parts():
    import delay_clients

    def delay(request: Request) -> int:
        ms = work.parse_ms(parameter(request, "ms"))
        return later(request, Deferred.fromCoroutine(delay_clients.ask_by_agent(ms)))

    def delay_bare(request: Request) -> int:
        ms = work.parse_ms(parameter(request, "ms"))
        return later(request, Deferred.fromCoroutine(delay_clients.ask_bare(ms)))


def add_to(app: Page) -> None:
    if "database" in work.served_parts():
        database = Page(not_found, leaf=False)
        database.putChild(b"row", Page(row))
        database.putChild(b"rows", Page(some_rows))
        app.putChild(b"db", database)
    if "delay" in work.served_parts():
        delays = Page(delay, leaf=False)
        delays.putChild(b"bare", Page(delay_bare))
        app.putChild(b"delay", delays)
