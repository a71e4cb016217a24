"""Three synchronous workers on one socket, as pre-forking servers are; each counts what it answers."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers every path with its worker's count."""

    served = 0

    def do_GET(self) -> None:
        Handler.served += 1
        body = json.dumps({"pid": os.getpid(), "count": self.served}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


HTTPServer.request_queue_size = 64  # as in real servers, which do not let connections wait outside
server = HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
for _ in range(2):
    if os.fork() == 0:
        break
print("ready", flush=True)
server.serve_forever()
