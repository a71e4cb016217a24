"""Greenlets that wait for a server, each on a connection of its own, as a driver of a database does.

``driver``: what waits for the answer.

- ``cooperative``: gevent's socket, which gives way to other greenlets
- ``blocking``: the operating system's, as a driver written in C uses it; gevent cannot see that it waits
- ``threads``: the same, in gevent's pool of so many threads as there are greenlets

Rows: ``makespan_s``, from the first request to the last answer; ``at_once``, how many requests the server had at most.
"""

import socket
import time
from collections.abc import Callable

import stub
from rows import Asked, row

Wait = Callable[[socket.socket], bytes]


def main() -> None:
    """Let all greenlets ask at once."""
    asked = Asked(driver="cooperative", greenlets=20, wait_ms=100)
    port = stub.start()

    import gevent  # noqa: PLC0415 (only now: the server is a fork of this process)
    from gevent import socket as green  # noqa: PLC0415 (as above)

    cooperative = asked.driver == "cooperative"
    create = green.create_connection if cooperative else socket.create_connection
    connections = [create(("127.0.0.1", port)) for _ in range(asked.greenlets)]
    pool = gevent.get_hub().threadpool
    pool.maxsize = asked.greenlets

    def wait(connection: socket.socket) -> bytes:
        return stub.ask(connection, str(asked.wait_ms))

    began_s = time.monotonic()
    spawn = pool.spawn if asked.driver == "threads" else gevent.spawn
    greenlets = [spawn(wait, connection) for connection in connections]
    gevent.wait(greenlets)
    row("makespan_s", time.monotonic() - began_s)
    row("at_once", int(stub.ask(connections[0], "most")))


if __name__ == "__main__":
    main()
