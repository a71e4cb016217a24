"""A server of the standard library that behaves as its second argument says; the first is its port.

good, wrong (another body), failing (500 three times, then good), mute (accepts and says nothing), deaf (never listens),
late (listens when it is told to, by SIGUSR1), dying (ends when it is asked), broken (ends before it listens),
cut (half an answer), curt (closes each connection after its answer), uncounted (has no count),
forgetful (counts nothing below /other).
"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

port, behaviour = int(sys.argv[1]), sys.argv[2]


class Handler(BaseHTTPRequestHandler):
    """Answers every path alike, but counts."""

    protocol_version = "HTTP/1.1"
    served = 0
    connections: ClassVar[set[int]] = set()

    def do_GET(self) -> None:
        if behaviour != "forgetful" or not self.path.startswith("/other"):
            Handler.served += 1
        Handler.connections.add(self.client_address[1])
        if behaviour == "mute":
            signal.sigwait({signal.SIGUSR1})
        if behaviour == "dying":
            os._exit(7)
        body = b"wrong" if behaviour == "wrong" else b"Hello"
        if self.path == "/count" and behaviour != "uncounted":
            body = json.dumps({"pid": os.getpid(), "count": self.served}).encode()
        if self.path == "/connections":
            body = str(len(self.connections)).encode()
        self.send_response(500 if behaviour == "failing" and self.served <= 3 else 200)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(body) * 2 if behaviour == "cut" else len(body)))
        self.send_header("x-served-by", str(os.getpid()))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = behaviour in {"cut", "curt"}

    def do_POST(self) -> None:
        """Answers with the lengths of the chunks that came, or with the length that was announced."""
        lengths = [int(self.headers.get("content-length") or 0)]
        if self.headers.get("transfer-encoding") == "chunked":
            lengths = []
            while length := int(self.rfile.readline(), 16):
                lengths.append(len(self.rfile.read(length)))
                self.rfile.readline()
            self.rfile.readline()
        else:
            self.rfile.read(*lengths)
        body = json.dumps(lengths).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-served-by", str(os.getpid()))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


print("ready", flush=True)
if behaviour == "broken":
    raise ModuleNotFoundError("No module named 'flask'")
if behaviour in {"deaf", "late"}:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    signal.sigwait({signal.SIGUSR1})
server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
print("listening", flush=True)
server.serve_forever()
