"""The contract in Tornado: framework and server in one."""

# ruff: noqa: D101, D102 (handlers are named by the contract, their methods by Tornado)

import asyncio
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler

import work

THREADS = ThreadPoolExecutor(40)
"""As many as Starlette and FastAPI have; they start when they are needed."""


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

    def asked_ms(self) -> int:
        return work.parse_ms(self.get_query_argument("ms", None))

    def log_exception(self, *exception: Any) -> None:
        """Be silent about bad parameters, which are answered."""
        if not isinstance(exception[1], work.BadParameterError):
            super().log_exception(*exception)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, work.BadParameterError):
            self.set_status(400)
            self.json({"error": str(error)})
        else:
            self.json({"error": HTTPStatus(status_code).phrase})


class NotFound(Answering):
    def prepare(self) -> None:
        super().prepare()
        self.send_error(404)


class Plain(Answering):
    def get(self) -> None:
        self.set_header("content-type", "text/plain; charset=utf-8")
        self.finish(work.GREETING)


class Greet(Answering):
    def get(self) -> None:
        self.json(work.greeting())


class Cpu(Answering):
    def get(self) -> None:
        self.json(work.spin(work.parse_steps(self.get_query_argument("steps", None))))


class WaitBlocking(Answering):
    async def get(self) -> None:
        self.json(await IOLoop.current().run_in_executor(THREADS, work.wait_blocking, self.asked_ms()))


class WaitCooperative(Answering):
    async def get(self) -> None:
        ms = self.asked_ms()
        await asyncio.sleep(ms / 1000)
        self.json(work.waited(ms))


class WaitMistake(Answering):
    async def get(self) -> None:
        """Wait on the loop: while this one sleeps, nobody is served."""
        self.json(work.wait_blocking(self.asked_ms()))


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
