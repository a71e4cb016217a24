"""One place in the pool of connections: a socket that is opened when a request needs it, and the request on it."""

import contextlib
import errno
import socket
from collections.abc import Callable, Mapping
from typing import Any, Final

from gevent.monkey import get_original  # type: ignore[import-untyped] # gevent has no types

from stacklab.driver.loop.stamps import Stamps
from stacklab.driver.wire.preflight import Address
from stacklab.driver.wire.request import PreparedRequest, ResponseReader
from stacklab.errors import UsageError
from stacklab.model.measured.record import Phase

_socket: Final = get_original("socket", "socket")
"""Inside locust ``socket.socket`` is gevent's, which would wait for each call in the hub."""

_NO_MEMORY: Final = (
    "the kernel has no memory for another socket: lower the number of connections, or raise net.ipv4.tcp_mem"
)

OWN_LIMITS: Final[Mapping[int, str]] = {
    errno.EADDRNOTAVAIL: (
        "no local port is free for another connection: lower the rate of new connections, or widen "
        "net.ipv4.ip_local_port_range"
    ),
    errno.EMFILE: "the driver has reached its limit of open files: raise it with `ulimit -n`",
    errno.ENFILE: "the machine has reached its limit of open files: raise fs.file-max",
    errno.ENOBUFS: _NO_MEMORY,
    errno.ENOMEM: _NO_MEMORY,
}
"""Why the driver itself cannot connect, whatever the server does."""


class Connection:
    """Idle while ``request`` is None. Without a socket, the next request opens one.

    Nothing is opened ahead of need: a server that gives a process or a thread to each connection (gunicorn sync) would
    sit waiting on an idle one while a request waits on another. The warm-up opens what the load takes.
    """

    __slots__ = (
        "fd",
        "index",
        "intended_ns",
        "number",
        "opened_ns",
        "partial",
        "phase",
        "reader",
        "recv",
        "recvmsg",
        "request",
        "send",
        "sent_ns",
        "sock",
        "unsent",
    )

    def __init__(self, index: int) -> None:
        """Take a place in the pool, the first being 0."""
        self.index = index
        self.sock: socket.socket | None = None
        self.recv: Callable[[int], bytes]
        self.recvmsg: Callable[[int, int], Any]
        self.send: Callable[[bytes], int]
        self.fd = -1
        self.number = 0
        """Which TCP connection of the run this is, from 1."""
        self.opened_ns = 0
        self.request: PreparedRequest | None = None
        self.intended_ns = 0
        self.sent_ns = -1
        self.phase = Phase.WARMUP
        self.unsent = b""
        """What the kernel did not take yet of the request."""
        self.partial = b""
        """A first segment that is known to be incomplete, not parsed yet."""
        self.reader: ResponseReader | None = None

    def open(self, target: Address, *, number: int, now_ns: int, stamps: Stamps | None) -> None:
        """Begin to connect; on loopback it is done when this returns.

        Raises:
            UsageError: a limit of this machine was reached, which is no error of the server.
            OSError: it failed at once for another reason.
        """
        try:
            self._open(target, number=number, now_ns=now_ns, stamps=stamps)
        except OSError as error:
            limit = OWN_LIMITS.get(error.errno or 0)
            if limit is None:
                raise
            raise UsageError(limit) from error

    def _open(self, target: Address, *, number: int, now_ns: int, stamps: Stamps | None) -> None:
        family, address = target
        self.sock = sock = _socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.fd, self.recv, self.recvmsg, self.send = sock.fileno(), sock.recv, sock.recvmsg, sock.send
        if stamps is not None:
            stamps.enable(sock)
        self.number = number
        self.opened_ns = now_ns
        with contextlib.suppress(BlockingIOError):
            sock.connect(address)

    def clear(self) -> None:
        """Forget the request: it has its row."""
        self.request = None
        self.sent_ns = -1
        self.unsent = self.partial = b""
        if self.reader is not None:
            self.reader.close()
            self.reader = None

    def close(self) -> None:
        """Close the socket; the next request opens another."""
        if self.sock is not None:
            self.sock.close()
            self.sock = None
