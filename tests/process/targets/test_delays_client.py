"""The client with bare sockets, against a server of the standard library."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from delays import with_sockets


class Service(BaseHTTPRequestHandler):
    """Answers every request at once, in two pieces, and fails where it is asked for 500 ms."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked.append((self.client_address[1], self.path))
        self.send_response(500 if "500" in self.path else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.flush()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Stay silent."""


asked: list[tuple[int, str]] = []
"""Port of the client, and what it asked."""


@pytest.fixture(autouse=True)
def _service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever).start()
        monkeypatch.setenv("DELAYS_URL", f"http://127.0.0.1:{server.server_port}")
        yield
        while with_sockets._idle:
            with_sockets._idle.pop().close()
        server.shutdown()


def test_the_service_is_told_how_long() -> None:
    with_sockets.wait(10)

    assert ["/?ms=10"] == [path for _, path in asked]


def test_the_next_request_takes_the_same_connection() -> None:
    for ms in (1, 2, 3):
        with_sockets.wait(ms)

    assert 1 == len({port for port, _ in asked})


def test_requests_at_the_same_time_have_connections_of_their_own() -> None:
    together = threading.Barrier(4)

    def wait() -> None:
        together.wait()
        with_sockets.wait(1)

    threads = [threading.Thread(target=wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(asked) == 4
    assert len({port for port, _ in asked}) == len(with_sockets._idle)


def test_an_answer_that_is_no_success_is_an_error_and_ends_the_connection() -> None:
    with pytest.raises(ConnectionError, match="500"):
        with_sockets.wait(500)

    assert not with_sockets._idle
