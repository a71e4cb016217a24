"""The contract in Twisted Web: framework and server in one."""

# ruff: noqa: D101, D102, N802, N815 (pages are named by the contract, their methods and attributes by Twisted)

from functools import partial
from typing import Any

from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, UnsupportedMethod

import work


def parameter(request: Request, name: str) -> str | None:
    values = request.args.get(name.encode())
    return values[0].decode("latin-1") if values else None


def json(request: Request, document: dict[str, Any], *, status: int = 200) -> bytes:
    request.setResponseCode(status)
    request.setHeader("content-type", "application/json")
    return work.compact_json(document)


def not_found(request: Request) -> bytes:
    return json(request, {"error": "Not Found"}, status=404)


class Named(Resource):
    """Counts each request, and names the worker in each response."""

    def render(self, request: Request) -> Any:
        work.tally.add_one()
        request.setHeader("x-served-by", work.served_by())
        try:
            return super().render(request)
        except UnsupportedMethod:
            return json(request, {"error": "Method Not Allowed"}, status=405)


class Page(Named):
    """One path, and what is below it: nothing."""

    isLeaf = True

    def render_GET(self, request: Request) -> Any:
        try:
            return self.answer(request) if not request.postpath else not_found(request)
        except work.BadParameterError as error:
            return json(request, {"error": str(error)}, status=400)


class NotFound(Page):
    def answer(self, request: Request) -> bytes:
        return not_found(request)


class Plain(Page):
    def answer(self, request: Request) -> bytes:
        request.setHeader("content-type", "text/plain; charset=utf-8")
        return work.GREETING.encode()


class Greet(Page):
    def answer(self, request: Request) -> bytes:
        return json(request, work.greeting())


class Cpu(Page):
    def answer(self, request: Request) -> bytes:
        return json(request, work.spin(work.parse_steps(parameter(request, "steps"))))


class Wait(Page):
    """Waits off the reactor, and answers when the time is over."""

    def __init__(self, start: Any) -> None:
        super().__init__()
        self.start = start

    def answer(self, request: Request) -> int:
        def finish(document: dict[str, int]) -> None:
            request.write(json(request, document))
            request.finish()

        waiting = self.start(work.parse_ms(parameter(request, "ms")))
        waiting.addCallback(finish)
        request.notifyFinish().addErrback(lambda _: waiting.cancel())
        waiting.addErrback(lambda _: None)
        return NOT_DONE_YET


class WaitMistake(Page):
    """Waits on the reactor: meanwhile nobody is served."""

    def answer(self, request: Request) -> bytes:
        return json(request, work.wait_blocking(work.parse_ms(parameter(request, "ms"))))


class Count(Page):
    def answer(self, request: Request) -> bytes:
        return json(request, work.tally.report())


class Folder(Named):
    """Pages by the segments of their paths; all others are unknown."""

    def __init__(self, pages: dict[str, Resource]) -> None:
        super().__init__()
        for segment, page in pages.items():
            self.putChild(segment.encode(), page)

    def getChild(self, path: bytes, request: Request) -> Resource:  # noqa: ARG002 (Twisted passes both)
        return NotFound()


app = Folder(
    {
        "plain": Plain(),
        "json": Greet(),
        "cpu": Cpu(),
        "wait": Folder(
            {
                "blocking": Wait(partial(deferToThread, work.wait_blocking)),
                "cooperative": Wait(lambda ms: deferLater(reactor, ms / 1000, work.waited, ms)),
                "mistake": WaitMistake(),
            }
        ),
        "count": Count(),
    }
)
