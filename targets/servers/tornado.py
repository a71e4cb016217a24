"""Tornado's own HTTP server around a ``tornado.web.Application``, on the standard library's loop.

One process, or ``--workers`` of them that share a listening socket, forked before there is a loop.
"""

import asyncio

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.process import fork_processes

from servers.command_line import Asked

BACKLOG = 2048
"""As gunicorn's; Tornado alone would listen for 128."""


async def main() -> None:
    """Serve until SIGTERM ends the process."""
    HTTPServer(asked.app()).add_sockets(sockets)
    await asyncio.Event().wait()


asked = Asked("tornado", workers=1)
sockets = bind_sockets(asked.port, asked.host, backlog=BACKLOG)
if asked.options.workers > 1:
    fork_processes(asked.options.workers)  # the parent does not return from it
asyncio.run(main())
