"""The checks before a load is sent: each one that fails is named in one sentence."""

import resource
import socket
from pathlib import Path
from typing import Final, TypeAlias

from stacklab.driver.loop.rows import MOST, ROW_DTYPE
from stacklab.driver.pacing.schedule import expected_arrivals, pool_size
from stacklab.driver.wire.request import VARIANTS
from stacklab.errors import UsageError
from stacklab.model.measured.record import Phase
from stacklab.model.traffic.load import Open
from stacklab.model.traffic.order import Order
from stacklab.units import BYTES_PER_MIB

SPARE_FILES: Final = 64
"""Open files beside the connections: locust's, gevent's and our own."""

BYTES_PER_ARRIVAL: Final = ROW_DTYPE.itemsize + 8 + 2
"""Its row, its time and its choice."""


MOST_REQUESTS: Final = 2**16
"""Choices are kept in two bytes each."""

Address: TypeAlias = tuple[socket.AddressFamily, tuple[str | int, ...]]
"""What a socket is made with, and what it connects to."""


def check(order: Order) -> Address:
    """Return where to connect to; ``UsageError`` if this load cannot be sent from here, or nobody listens there."""
    require_requests(order)
    require_files(pool_size(order.load), resource.getrlimit(resource.RLIMIT_NOFILE))
    if isinstance(order.load, Open):
        arrivals = expected_arrivals(order.load, Phase.WARMUP, seconds=order.warmup_at_most_s)
        arrivals += expected_arrivals(order.load, Phase.MEASURE, seconds=order.measure_s)
        require_memory(arrivals * order.load.requests_per_session, available=available_bytes())
    return find_address(order.host, order.port, timeout_s=order.timeout_s)


def require_requests(order: Order) -> None:
    """Refuse an order without shots, and one with more requests than the columns of rows and choices can number."""
    if not order.shots:
        raise UsageError("shots: the order has none, so there is nothing to send")
    if len(order.shots) > MOST["endpoint"] + 1:
        raise UsageError(f"shots: the order has {len(order.shots)}, and at most {MOST['endpoint'] + 1} are supported")
    requests = sum(VARIANTS if shot.vary else 1 for shot in order.shots)
    if requests > MOST_REQUESTS:
        raise UsageError(f"shots: they make {requests:,} requests that differ, of {MOST_REQUESTS:,}: let fewer vary")


def require_files(connections: int, limits: tuple[int, int]) -> None:
    """Raise the soft limit of open files if need be, as far as the hard one."""
    soft, hard = limits
    needed = connections + SPARE_FILES
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise UsageError(
            f"connections: {connections} need {needed} open files and the limit is {hard}: "
            f"raise it with `ulimit -Hn {needed}` or in /etc/security/limits.conf"
        )
    if soft != resource.RLIM_INFINITY and needed > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def require_memory(arrivals: float, *, available: int | None) -> None:
    """The schedule and all rows of an open loop are in memory at once; half of what is free must do."""
    needed = arrivals * BYTES_PER_ARRIVAL
    if available is not None and needed > available / 2:
        raise UsageError(
            f"rate: a schedule of {arrivals:.3g} requests needs {needed / BYTES_PER_MIB:.0f} MiB and "
            f"{available / 2 / BYTES_PER_MIB:.0f} MiB are available: lower the rate or measure for a shorter time"
        )


def find_address(host: str, port: int, *, timeout_s: float) -> Address:
    """Connect once, sending nothing: looks the host up, and finds out that nobody listens before the load does."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as connected:
            return connected.family, connected.getpeername()
    except OSError as error:
        raise UsageError(
            f"{host}:{port} cannot be connected to ({error.strerror or error}): start the server, or correct the target"
        ) from error


def available_bytes() -> int | None:
    """Memory that can be had without swapping; None where Linux does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)
