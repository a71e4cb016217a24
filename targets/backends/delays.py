"""A server whose answers are known beforehand: each request names how long it takes and how it ends.

``?us=N`` takes N microseconds, ``?ms=N`` milliseconds. ``one`` works on one request at a time, on its only thread, as
in queueing theory; ``many`` lets any number of them wait side by side. What a request really took, in microseconds, is
the number in the header that elsewhere names the process: on a busy machine it takes longer, and the driver must not
be blamed for that. It counts from when the server woke up for the request or was done with the one before, so that no
time of a server that has work is counted to nobody.

``?end=W`` answers wrongly: see ``ENDS``. Connections are kept until the client closes them.

``/log`` tells how many requests and connections there were so far, and how many requests were worked on at once since
it was last asked. ``/at-once?jobs=N`` lets ``many`` work on no more than N at once from now on, and the others wait in
line; 0 is no limit. Neither is counted.

Prints ``ready PORT`` once it listens; ends on SIGTERM.
"""

import argparse
import asyncio
import json
import selectors
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import cast
from urllib.parse import parse_qs, urlsplit

END_OF_REQUEST = b"\r\n\r\n"
BODY = b"ok"
TOLD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
RIGHT = b"HTTP/1.1 200 OK\r\nx-served-by: %d\r\ncontent-length: 2\r\n\r\n" + BODY
ENDS = {
    "right": RIGHT,
    "error": RIGHT.replace(b"200 OK", b"500 Internal Server Error"),
    "wrong": RIGHT.replace(BODY, b"no"),
    "short": RIGHT[:-1],
    "hangs-up": b"",
    "resets": b"",
    "never": b"",
}
"""What is written; ``%d`` is what the request took."""

HANG_UP = {"short", "hangs-up"}
"""After these the server closes the connection."""

SPUN_S = 0.0005
"""A sleep ends late by a part of this; the last of the work is spun."""


def work(until_s: float) -> None:
    """Hold the only thread."""
    rest_s = until_s - time.monotonic() - SPUN_S
    if rest_s > 0:
        time.sleep(rest_s)  # noqa: TID251 (this program is what waits)
    while time.monotonic() < until_s:
        pass


class Waking(selectors.DefaultSelector):
    """Notes the end of its last wait."""

    woke_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait, if nothing is there already."""
        ready = super().select(0)
        if not ready:
            ready = super().select(timeout)
            self.woke_s = time.monotonic()
        return ready


class Worker:
    """The only thread, what it works on side by side, and the log of it."""

    def __init__(self, waking: Waking, *, one: bool, jobs: int = 0) -> None:
        self._waking = waking
        self.one = one
        self.jobs = jobs
        """The most at once; 0 for any number."""
        self.requests = 0
        self.connections = 0
        self._now = self._most = 0
        self._line: deque[Callable[[], None]] = deque()
        self.done_s = 0.0
        """When it was done with a request that nothing else could be done beside."""

    def began_s(self) -> float:
        """When it could begin with what it begins with now."""
        return max(self._waking.woke_s, self.done_s)

    def begin(self, job: Callable[[], None]) -> None:
        """Do it now, or when its turn comes."""
        if self.jobs and self._now >= self.jobs:
            self._line.append(job)
            return
        self._now += 1
        self._most = max(self._most, self._now)
        job()

    def end(self) -> None:
        """One is done: whoever is first in line begins."""
        self._now -= 1
        if self._line:
            self.begin(self._line.popleft())

    def allow(self, jobs: int) -> None:
        """Let no more than these be done at once; whoever has waited only for that begins."""
        self.jobs = jobs
        while self._line and not (jobs and self._now >= jobs):
            self.begin(self._line.popleft())

    def tell(self) -> dict[str, int]:
        """Tell what there was; the most at once counts from now on."""
        told = {"requests": self.requests, "connections": self.connections, "most_at_once": self._most}
        self._most = self._now
        return told


class Delays(asyncio.Protocol):
    """One connection; a client that does not pipeline, and sends no bodies."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._received = b""
        self._is_counted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what answers are written to."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Do what a whole request asks for."""
        began_s = self._worker.began_s()
        self._received += data
        if not self._received.endswith(END_OF_REQUEST):
            return
        url = urlsplit(self._received.split(b" ", 2)[1].decode())
        asked = parse_qs(url.query)
        self._received = b""
        if url.path == "/log":
            self._tell(self._worker.tell())
        elif url.path == "/at-once":
            self._worker.allow(int(asked["jobs"][0]))
            self._tell(self._worker.tell())
        else:
            self._count()
            seconds = int(asked.get("us", ["0"])[0]) / 1e6 + int(asked.get("ms", ["0"])[0]) / 1e3
            self._work(seconds, asked.get("end", ["right"])[0], began_s)

    def _count(self) -> None:
        self._worker.requests += 1
        if not self._is_counted:
            self._is_counted = True
            self._worker.connections += 1

    def _work(self, seconds: float, end: str, began_s: float) -> None:
        def wait() -> None:
            if seconds:
                asyncio.get_running_loop().call_later(seconds, self._done, end, began_s)
            else:
                self._done(end, began_s)

        if self._worker.one:
            work(began_s + seconds)
            self._answer(end, began_s)
            self._worker.done_s = time.monotonic()
        else:
            self._worker.begin(wait)

    def _done(self, end: str, began_s: float) -> None:
        self._answer(end, began_s)
        self._worker.end()

    def _tell(self, document: dict[str, int]) -> None:
        body = json.dumps(document).encode()
        self._transport.write(TOLD % (len(body), body))

    def _answer(self, end: str, began_s: float) -> None:
        answer = ENDS[end]
        if b"%d" in answer:
            answer %= int((time.monotonic() - began_s) * 1e6)
        if answer:
            self._transport.write(answer)
        if end in HANG_UP:
            self._transport.close()
        elif end == "resets":
            self._transport.abort()


async def serve(host: str, port: int, worker: Worker) -> None:
    """Listen, say so, and serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Delays(worker), host, port, backlog=1024)
    sys.stdout.write(f"ready {server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description="Answer each request after the time, and in the way, that it names.")
    parser.add_argument("kind", choices=["one", "many"], help="requests that are worked on at a time")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any free one)")
    parser.add_argument(
        "--jobs", type=int, default=0, help="the most that `many` works on at once (default: any number)"
    )
    options = parser.parse_args()
    waking = Waking()
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(waking)) as runner:
        runner.run(serve(options.host, options.port, Worker(waking, one=options.kind == "one", jobs=options.jobs)))


if __name__ == "__main__":
    main()
