"""The contract in Twisted Web: framework and server in one."""

from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.web.server import Request

import optional
import work
from endpoint import Page, json, later, not_found, parameter


def plain(request: Request) -> bytes:
    request.setHeader("content-type", "text/plain; charset=utf-8")
    return work.GREETING.encode()


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
optional.add_to(app)
