"""What the driver is measured against: the null server, or a server of the user's on this machine."""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from stacklab.calibrate.rig import Rig, Target
from stacklab.effects.environments import environment
from stacklab.effects.wire.http import NoResponse, send
from stacklab.errors import StageError, UsageError
from stacklab.model.traffic.exchange import Exchange
from stacklab.model.traffic.order import PlannedRequest

FASTER_LOOP: Final = "uvloop==0.23.0"
"""With it the null server answers about three times as many requests: it must not be the limit if that can be had."""


class NamedTarget(NamedTuple):
    """A target, and its name for people."""

    target: Target
    name: str


@contextmanager
def null_server(rig: Rig, *, cache: Path) -> Iterator[NamedTarget]:
    """Run the null server: on uvloop in an environment of its own, on asyncio where that cannot be made."""
    try:
        python, name = environment.provide((FASTER_LOOP,), python=None, cache=cache).python, "null server on uvloop"
    except StageError:
        python, name = None, "null server on the harness's own interpreter"
    with rig.serve("null_server", python=python) as server:
        yield NamedTarget(server.at(PlannedRequest(endpoint="null", target="/")), name)


def of_url(url: str) -> NamedTarget:
    """A server of the user's, asked once. Raises UsageError where it is not here, or does not answer with 200."""
    target = parsed(url)
    path = target.shots[0].target
    try:
        response = send(target.host, target.port, Exchange(summary="the target", target=path))
    except NoResponse as error:
        raise UsageError(f"--target {url}: {error.reason}; start the server, or correct the URL") from error
    if response.status != 200:
        raise UsageError(f"--target {url}: its status is {response.status} instead of 200; name a path that is served")
    return NamedTarget(target, url)


def parsed(url: str) -> Target:
    """Take a URL apart. Raises UsageError unless it is HTTP on a loopback address: loads go to this machine only."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 80
    except ValueError as error:
        raise UsageError(f"--target {url}: {error}; use the form http://127.0.0.1:8080/path") from error
    if parts.scheme != "http" or not host:
        raise UsageError(f"--target {url}: only http is supported; use the form http://127.0.0.1:8080/path")
    if not _is_loopback(host):
        raise UsageError(
            f"--target {url}: {host} is not an IPv4 loopback address, and load is sent to this machine only; "
            "use the form http://127.0.0.1:8080/path"
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host=host, port=port, shots=(PlannedRequest(endpoint="target", target=path),))


def _is_loopback(host: str) -> bool:
    """Whether packets to it stay on this machine, without asking a resolver."""
    if host == "localhost":
        return True
    try:
        return ipaddress.IPv4Address(host).is_loopback
    except ValueError:
        return False
