"""Twisted Web around a ``twisted.web.resource.Resource``: one reactor (epoll on Linux) and its pool of threads."""

from twisted.internet import reactor
from twisted.web.server import Request, Site

from servers.command_line import Asked

BACKLOG = 2048
"""As gunicorn's; Twisted alone would listen for 50."""

KEEP_ALIVE_S = 75


class Quiet(Site):
    """Serves as always, and formats no access log: without a file of its own, Site would write to Twisted's log."""

    def log(self, request: Request) -> None:
        """Stay silent."""


asked = Asked("twisted", threads=40)
reactor.suggestThreadPoolSize(asked.options.threads)
reactor.listenTCP(asked.port, Quiet(asked.app(), timeout=KEEP_ALIVE_S), BACKLOG, asked.host)
reactor.run()
