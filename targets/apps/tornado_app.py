"""The contract in Tornado: framework and server in one."""

# ruff: noqa: D101, D102 (handlers are named by the contract, their methods by Tornado)

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tornado.ioloop import IOLoop
from tornado.web import Application, HTTPError, RequestHandler

import work

THREADS = ThreadPoolExecutor(40)  # as many as Starlette and FastAPI have


class Answering(RequestHandler):
    """Counts each request, names the worker in each response, and answers errors in JSON."""

    def prepare(self) -> None:
        work.tally.add_one()

    def set_default_headers(self) -> None:
        self.set_header("x-served-by", work.served_by())

    def json(self, document: dict[str, Any]) -> None:
        """Tornado's own JSON has blanks."""
        self.set_header("content-type", "application/json")
        self.finish(work.compact_json(document))

    def asked(self, name: str, parse: Callable[[str | None], int]) -> int:
        """Read a parameter; what the work refuses is a bad request to Tornado."""
        try:
            return parse(self.get_query_argument(name, None))
        except work.BadParameterError as error:
            raise HTTPError(400, reason=str(error)) from error

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ARG002 (Tornado passes both)
        self.json({"error": self._reason})


class NotFound(Answering):
    def prepare(self) -> None:
        super().prepare()
        raise HTTPError(404)


class Plain(Answering):
    def get(self) -> None:
        self.set_header("content-type", "text/plain; charset=utf-8")
        self.finish(work.GREETING)


class Greet(Answering):
    def get(self) -> None:
        self.json(work.greeting())


class Cpu(Answering):
    def get(self) -> None:
        self.json(work.spin(self.asked("steps", work.parse_steps)))


class WaitBlocking(Answering):
    async def get(self) -> None:
        self.json(await IOLoop.current().run_in_executor(THREADS, work.wait_blocking, self.asked("ms", work.parse_ms)))


class WaitCooperative(Answering):
    async def get(self) -> None:
        ms = self.asked("ms", work.parse_ms)
        await asyncio.sleep(ms / 1000)
        self.json(work.waited(ms))


class WaitMistake(Answering):
    async def get(self) -> None:
        self.json(work.wait_blocking(self.asked("ms", work.parse_ms)))  # on the loop: everyone else waits too


class Count(Answering):
    def get(self) -> None:
        self.json(work.tally.report())


app = Application(
    [
        ("/plain", Plain),
        ("/json", Greet),
        ("/cpu", Cpu),
        ("/wait/blocking", WaitBlocking),
        ("/wait/cooperative", WaitCooperative),
        ("/wait/mistake", WaitMistake),
        ("/count", Count),
    ],
    default_handler_class=NotFound,
    log_function=lambda _: None,
)
