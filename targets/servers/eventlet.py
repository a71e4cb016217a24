"""eventlet's own WSGI server, which has no command line; gunicorn's worker for it is gone since 26.0."""

import eventlet

eventlet.monkey_patch()

import eventlet.wsgi  # noqa: E402 (patched first, as eventlet asks for)

from servers.command_line import Asked  # noqa: E402 (as above)

BACKLOG = 2048
"""As gunicorn's; eventlet alone would listen for 50."""

KEEP_ALIVE_S = 75

PIECE_BYTES = 1
"""eventlet alone would hold the pieces of an answer back until there are 4096 bytes of them."""

asked = Asked("eventlet")
socket = eventlet.listen((asked.host, asked.port), backlog=BACKLOG)
eventlet.wsgi.server(socket, asked.app(), log_output=False, keepalive=KEEP_ALIVE_S, minimum_chunk_size=PIECE_BYTES)
