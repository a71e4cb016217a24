"""gunicorn's gevent worker as it was before 20.1.0: it accepts up to 100 connections before it serves the first.

Since then it accepts one a time where there is more than one worker (benoitc/gunicorn#2266).
"""

from gevent.server import StreamServer
from gunicorn.workers import ggevent


class GreedyServer(StreamServer):  # type: ignore[misc]  # gevent ships no types for it
    """Keeps gevent's own number of accepts, whatever it is told."""

    max_accept = property(lambda self: StreamServer.max_accept, lambda self, told: None)  # noqa: ARG005 (as gevent calls)


ggevent.StreamServer = GreedyServer


class Worker(ggevent.GeventWorker):  # type: ignore[misc]  # as above
    """The worker to name on gunicorn's command line."""
