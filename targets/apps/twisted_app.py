"""The contract in Twisted Web: framework and server in one."""

# ruff: noqa: D102, N802 (Twisted finds methods and attributes by these names)

from collections.abc import Callable
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
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


def plain(request: Request) -> bytes:
    request.setHeader("content-type", "text/plain; charset=utf-8")
    return work.GREETING.encode()


def not_found(request: Request) -> bytes:
    return json(request, {"error": "Not Found"}, status=404)


def later(request: Request, waiting: Deferred) -> int:
    """Answer when the wait is over, unless the client has gone."""

    def finish(document: dict[str, int]) -> None:
        request.write(json(request, document))
        request.finish()

    request.notifyFinish().addErrback(lambda _: waiting.cancel())
    waiting.addCallback(finish).addErrback(lambda _: None)
    return NOT_DONE_YET


class Page(Resource):
    """One path: counts each request, and names the worker in each response."""

    def __init__(self, answer: Callable[[Request], bytes | int], *, leaf: bool = True) -> None:
        super().__init__()
        self.answer = answer
        self.isLeaf = leaf

    def render(self, request: Request) -> bytes | int:
        work.tally.add_one()
        request.setHeader("x-served-by", work.served_by())
        try:
            return super().render(request)
        except UnsupportedMethod:
            return json(request, {"error": "Method Not Allowed"}, status=405)
        except work.BadParameterError as error:
            return json(request, {"error": str(error)}, status=400)

    def render_GET(self, request: Request) -> bytes | int:
        return self.answer(request) if not request.postpath else not_found(request)

    def getChild(self, path: bytes, request: Request) -> Resource:  # noqa: ARG002 (Twisted passes both)
        return Page(not_found)


def asked_ms(request: Request) -> int:
    return work.parse_ms(parameter(request, "ms"))


def wait_blocking(request: Request) -> int:
    return later(request, deferToThread(work.wait_blocking, asked_ms(request)))


def wait_cooperative(request: Request) -> int:
    ms = asked_ms(request)
    return later(request, deferLater(reactor, ms / 1000, work.waited, ms))


app = Page(not_found, leaf=False)
app.putChild(b"plain", Page(plain))
app.putChild(b"json", Page(lambda request: json(request, work.greeting())))
app.putChild(b"cpu", Page(lambda request: json(request, work.spin(work.parse_steps(parameter(request, "steps"))))))
app.putChild(b"count", Page(lambda request: json(request, work.tally.report())))
waits = Page(not_found, leaf=False)
app.putChild(b"wait", waits)
waits.putChild(b"blocking", Page(wait_blocking))
waits.putChild(b"cooperative", Page(wait_cooperative))
waits.putChild(b"mistake", Page(lambda request: json(request, work.wait_blocking(asked_ms(request)))))  # on the reactor
