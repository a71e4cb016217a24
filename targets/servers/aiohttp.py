"""aiohttp's own server without its access log, which ``python -m aiohttp.web`` would write."""

import asyncio
import importlib

from aiohttp import web

from servers.command_line import Asked

BACKLOG = 2048
"""As uvicorn's; aiohttp alone would listen for 128."""

KEEP_ALIVE_S = 75

asked = Asked("aiohttp", loop="asyncio")
loop = importlib.import_module(asked.options.loop).new_event_loop()
asyncio.set_event_loop(loop)
web.run_app(
    asked.app(),
    host=asked.host,
    port=asked.port,
    loop=loop,
    backlog=BACKLOG,
    keepalive_timeout=KEEP_ALIVE_S,
    shutdown_timeout=1,
    access_log=None,
    print=None,
)
