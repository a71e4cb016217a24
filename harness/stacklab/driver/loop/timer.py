"""A timer that epoll can wait for, with nanosecond deadlines: the one door to timerfd.

gevent's own timers are a millisecond coarse. Python has ``os.timerfd_create`` from 3.13 on; before that it is a call
into libc, which costs the same.
"""

import ctypes
import os
import time
from typing import Final

from stacklab.units import NS_PER_S, Nanoseconds

TFD_NONBLOCK: Final = os.O_NONBLOCK
TFD_CLOEXEC: Final = os.O_CLOEXEC
TFD_TIMER_ABSTIME: Final = 1


class _TimerSpec(ctypes.Structure):
    """``struct itimerspec`` of ``<time.h>``."""

    _fields_ = (
        ("interval_s", ctypes.c_long),
        ("interval_ns", ctypes.c_long),
        ("value_s", ctypes.c_long),
        ("value_ns", ctypes.c_long),
    )


class Timer:
    """Fires once, at an absolute time of CLOCK_MONOTONIC. Register it edge-triggered: it is never read."""

    def __init__(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = libc.timerfd_create(time.CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        self._spec = _TimerSpec()
        self._settime = libc.timerfd_settime
        self._arguments = (self._fd, TFD_TIMER_ABSTIME, ctypes.byref(self._spec), None)
        self._armed_ns = 0

    def fileno(self) -> int:
        """Return what epoll waits for."""
        return self._fd

    def arm(self, at_ns: Nanoseconds, now_ns: Nanoseconds) -> None:
        """Fire at ``at_ns``, at once if that has passed. To be armed for it already costs nothing.

        ``now_ns`` was read after epoll was last asked: a time beyond it has not fired unnoticed.
        """
        if at_ns == self._armed_ns and at_ns > now_ns:
            return
        self._armed_ns = at_ns
        self._spec.value_s, self._spec.value_ns = divmod(at_ns, NS_PER_S)
        self._settime(*self._arguments)

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._fd)
