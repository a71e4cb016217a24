"""gevent's own WSGI server, ``gevent.pywsgi``, which has no command line.

It sends headers and body apart and leaves Nagle's algorithm on: on a connection that is kept alive the body waits until
the client acknowledges the headers, which Linux may delay for 40 ms. ``--nodelay 1`` turns that off.
"""

from gevent import monkey

monkey.patch_all()

import signal  # noqa: E402 (patched first, as gevent asks for)
import socket  # noqa: E402 (as above)

import gevent  # noqa: E402 (as above)
from gevent.pywsgi import WSGIServer  # noqa: E402 (as above)

from servers.command_line import Asked  # noqa: E402 (as above)

# The backlog is gunicorn's; gevent alone would listen for 256.
asked = Asked("gevent", nodelay=0, backlog=2048, access_log=False)
listener = socket.create_server((asked.host, asked.port), backlog=asked.options.backlog)
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, asked.options.nodelay)  # accepted sockets inherit it
server = WSGIServer(listener, asked.app(), log="default" if asked.options.access_log else None)
gevent.signal_handler(signal.SIGTERM, server.stop, timeout=1)
server.serve_forever()
