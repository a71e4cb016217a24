"""A server, framework and app in one process: Flask on wsgiref under asyncio, with a handler that works without end.

The app is a package of its own, which the folder given on the command line gets.
"""

import asyncio
import sys
from importlib import import_module
from pathlib import Path
from wsgiref.simple_server import make_server

ORDERS = """
from flask import Flask

app = Flask(__name__)


@app.get("/")
def charge():
    while True:
        sum(range(1000))
"""

package = Path(sys.argv[1], "shop")
package.mkdir()
(package / "__init__.py").touch()
(package / "orders.py").write_text(ORDERS)
sys.path.insert(0, sys.argv[1])


async def serve() -> None:
    with make_server("127.0.0.1", 0, import_module("shop.orders").app) as server:
        print("port", server.server_port, flush=True)
        server.handle_request()


asyncio.run(serve())
