"""An accept queue of one, and one connection at a time, each closed after its answer."""

import socket
import sys
import time

from lying import answer

with socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=0) as listening:
    while True:
        connection, _ = listening.accept()
        with connection:
            if connection.recv(65536):
                time.sleep(0.002)  # noqa: TID251 (long enough for others to come)
                connection.sendall(answer())
