"""When the kernel received a response: what lies between that and reading it is the driver's own delay."""

import socket
import struct
import time
from collections.abc import Callable
from typing import Any, Final

from stacklab.units import NS_PER_S, NS_PER_US, Nanoseconds

SO_TIMESTAMPNS: Final = 35
"""``<asm-generic/socket.h>``; the socket module does not name it."""

_ROOM: Final = socket.CMSG_SPACE(16)
_TIMESPEC: Final = struct.Struct("@ll")


class Stamps:
    """Reads a socket together with the receive time of what it held last.

    The kernel stamps with CLOCK_REALTIME; ``follow`` keeps up with how far that is from CLOCK_MONOTONIC.
    """

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()
        self.follow()

    @staticmethod
    def enable(sock: socket.socket) -> None:
        """Ask for stamps. The first segments after that may carry none."""
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def follow(self) -> None:
        """Compare the clocks again, unless something came between the looks."""
        before_ns = time.monotonic_ns()
        wall_ns = time.time_ns()
        after_ns = time.monotonic_ns()
        if after_ns - before_ns < NS_PER_US:
            self._offset_ns = wall_ns - (before_ns + after_ns) // 2

    def recv(self, recvmsg: Callable[[int, int], Any], size: int) -> tuple[bytes, Nanoseconds]:
        """Receive as ``recv`` would, with the time on CLOCK_MONOTONIC, or -1 if there is none."""
        data, ancillary, _, _ = recvmsg(size, _ROOM)
        if not ancillary:
            return data, -1
        seconds, nanoseconds = _TIMESPEC.unpack_from(ancillary[0][2])
        return data, seconds * NS_PER_S + nanoseconds - self._offset_ns
