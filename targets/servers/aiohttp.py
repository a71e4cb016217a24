"""aiohttp's own server; ``python -m aiohttp.web`` takes neither a backlog nor a loop."""

import asyncio
import importlib
import logging

from aiohttp import web

from servers.command_line import Asked

# The backlog is uvicorn's; aiohttp alone would listen for 128.
asked = Asked("aiohttp", loop="asyncio", backlog=2048, keep_alive_s=75, access_log=False)
logging.basicConfig(level=logging.INFO if asked.options.access_log else logging.WARNING)
loop = importlib.import_module(asked.options.loop).new_event_loop()
asyncio.set_event_loop(loop)
web.run_app(
    asked.app(),
    host=asked.host,
    port=asked.port,
    loop=loop,
    backlog=asked.options.backlog,
    keepalive_timeout=asked.options.keep_alive_s,
    shutdown_timeout=1,
    access_log=logging.getLogger("aiohttp.access") if asked.options.access_log else None,
    print=None,
)
