"""What all pages in Twisted share: the count, the name of the worker, parameters, errors in JSON, and late answers."""

# ruff: noqa: D102, N802 (Twisted finds methods and attributes by these names)

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

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


def later(request: Request, waiting: Deferred) -> int:
    """Answer when the wait is over, unless the client has gone."""

    def finish(document: dict[str, int]) -> None:
        request.write(json(request, document))
        request.finish()

    return unless_gone(request, waiting.addCallback(finish))


def unless_gone(request: Request, answering: Deferred) -> int:
    """Give up when the client has gone."""

    def fail(failure: Failure) -> None:
        if not failure.check(CancelledError):
            request.processingFailed(failure)

    request.notifyFinish().addErrback(lambda _: answering.cancel())
    answering.addErrback(fail)
    return NOT_DONE_YET


class Page(Resource):
    """One path: counts each request, and names the worker in each response."""

    def __init__(self, answer: Callable[[Request], bytes | int], *, method: bytes = b"GET", leaf: bool = True) -> None:
        super().__init__()
        self.answer = answer
        self.method = method
        self.isLeaf = leaf

    def render(self, request: Request) -> bytes | int:
        work.tally.add_one()
        request.setHeader("x-served-by", work.served_by())
        if request.postpath or self.answer is not_found:
            return not_found(request)
        if request.method != self.method:
            request.setHeader("allow", self.method)
            return json(request, {"error": "Method Not Allowed"}, status=405)
        try:
            return self.answer(request)
        except work.BadParameterError as error:
            return json(request, {"error": str(error)}, status=400)
        except work.TooLargeError as error:
            return json(request, {"error": str(error)}, status=413)

    def getChild(self, path: bytes, request: Request) -> Resource:  # noqa: ARG002 (Twisted passes both)
        return Page(not_found)
