"""Tornado's own HTTP server around a ``tornado.web.Application``, on the standard library's loop.

One process, or ``--workers`` of them that share a listening socket, forked before there is a loop.
"""

import asyncio
import logging

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.process import fork_processes

from servers.command_line import Asked


async def main() -> None:
    """Serve until SIGTERM ends the process."""
    app = asked.app()
    if asked.options.access_log:
        logging.basicConfig(level=logging.INFO)
        app.settings.pop("log_function", None)  # by which our app keeps silent
    HTTPServer(app, idle_connection_timeout=asked.options.keep_alive_s).add_sockets(sockets)
    await asyncio.Event().wait()


# The backlog is gunicorn's; Tornado alone would listen for 128, and keep idle connections for an hour.
asked = Asked("tornado", workers=1, backlog=2048, keep_alive_s=75, access_log=False)
sockets = bind_sockets(asked.port, asked.host, backlog=asked.options.backlog)
if asked.options.workers > 1:
    fork_processes(asked.options.workers)  # the parent does not return from it
asyncio.run(main())
