"""The endpoints that ask a backend, in Tornado, with its own HTTP client."""

# ruff: noqa: D101, D102 (handlers are named by the contract, their methods by Tornado)

import os

import work
from database import rows
from handler import Answering

routes: list[tuple[str, type[Answering]]] = []

if "database" in work.served_parts():
    from database import with_psycopg_async

    class Row(Answering):
        async def get(self) -> None:
            self.json(await with_psycopg_async.one(self.asked("id", rows.parse_id)))

    class Rows(Answering):
        async def get(self) -> None:
            self.json({"rows": await with_psycopg_async.some(self.asked("first", rows.parse_first))})

    routes += [("/db/row", Row), ("/db/rows", Rows)]


if "asyncpg" in work.served_parts():
    from database import with_asyncpg

    class RowByAsyncpg(Answering):
        async def get(self) -> None:
            self.json(await with_asyncpg.one(self.asked("id", rows.parse_id)))

    routes += [("/db/asyncpg/row", RowByAsyncpg)]


if "delay" in work.served_parts():
    from tornado.httpclient import AsyncHTTPClient

    from delays import with_asyncio

    # It would ask ten at a time. It opens a connection for each request: only its sister over libcurl keeps them.
    AsyncHTTPClient.configure(None, max_clients=100)

    class Delay(Answering):
        async def get(self) -> None:
            ms = self.asked("ms", work.parse_ms)
            await AsyncHTTPClient().fetch(f"{os.environ['DELAYS_URL']}/?ms={ms}")
            self.json(work.waited(ms))

    class DelayBare(Answering):
        async def get(self) -> None:
            ms = self.asked("ms", work.parse_ms)
            await with_asyncio.wait(ms)
            self.json(work.waited(ms))

    routes += [("/delay", Delay), ("/delay/bare", DelayBare)]
