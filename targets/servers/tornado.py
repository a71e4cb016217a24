"""Tornado's own HTTP server around a ``tornado.web.Application``: one process, on the standard library's loop."""

import asyncio

from servers.command_line import Asked

BACKLOG = 2048
"""As gunicorn's; Tornado alone would listen for 128."""


async def main() -> None:
    """Serve until SIGTERM ends the process."""
    asked = Asked("tornado")
    asked.app().listen(asked.port, asked.host, backlog=BACKLOG)
    await asyncio.Event().wait()


asyncio.run(main())
