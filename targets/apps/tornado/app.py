"""The contract in Tornado: framework and server in one."""

# ruff: noqa: D101, D102 (handlers are named by the contract, their methods by Tornado)

import asyncio
from concurrent.futures import ThreadPoolExecutor

from tornado.ioloop import IOLoop
from tornado.web import Application

import optional
import pages
import work
from handler import Answering, NotFound

THREADS = ThreadPoolExecutor(40)  # as many as Starlette and FastAPI have


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
        *optional.routes,
    ],
    template_path=str(pages.TEMPLATES),
    default_handler_class=NotFound,
    log_function=lambda _: None,
)
