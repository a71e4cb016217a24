"""Waits until a server serves, on a port that was free: ready is a verified response, never a time that has passed."""

import errno
import re
import signal
import socket
from typing import Final

from stacklab.effects.clock import now_ns, wait_for
from stacklab.effects.processes.supervisor import Child
from stacklab.effects.wire.http import NoResponse, send
from stacklab.errors import StageError
from stacklab.model.server_log import REASON
from stacklab.model.traffic.contract import SERVED_BY
from stacklab.model.traffic.exchange import Exchange, Response, mismatches
from stacklab.procfs import tree
from stacklab.units import NS_PER_S, Seconds, ns_from_s

LOOPBACK: Final = "127.0.0.1"
"""Every server that is started here listens on it."""

IN_USE: Final = re.compile(r"\b(address|connection) (already )?in use\b", re.IGNORECASE)
"""A server found its port taken: uvicorn, waitress and asyncio say the first, gunicorn the second."""

READY: Final = "ready "
"""How a program of ours begins the line that says where it listens."""


def free_port(host: str = LOOPBACK) -> int:
    """A port that nobody listens on now; another process may take it before it is used."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def is_taken(host: str, port: int) -> bool:
    """Whether a server could not listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: waiting ends do not count
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise StageError(f"no server can listen on {host}:{port} ({error.strerror}): choose another") from error
        return False


def first_response(child: Child, host: str, port: int, exchange: Exchange, *, deadline_s: Seconds) -> Response:
    """Send a request until the response keeps the contract and comes from this child: that response.

    Raises StageError, with the tail of the log, if the server dies, never responds, or responds incorrectly to the
    end; at once if another server responds.
    """
    deadline_ns = now_ns() + ns_from_s(deadline_s)
    faults = ["no request was sent"]

    def good_response() -> Response | None:
        _require_alive(child)
        try:
            # Who listens may still be loading the app, so let it take the time there is.
            response = send(host, port, exchange, timeout_s=max(0.1, (deadline_ns - now_ns()) / NS_PER_S))
        except NoResponse as error:
            faults[:] = [error.reason]
            return None
        _require_own(child, response, port)
        faults[:] = mismatches(exchange, response)
        return None if faults else response

    response = wait_for(good_response, deadline_s=deadline_s)
    if response is None:
        _require_alive(child)
        raise _failure(child, f"{child.name} gave no correct response within {deadline_s:g} s: {faults[0]}")
    return response


def wait_for_ready(child: Child, *, deadline_s: Seconds) -> str:
    """What a program of ours prints behind the word ``ready``, once it listens. Raises StageError if it never does."""

    def said() -> str | None:
        if child.returncode() is not None:
            raise _failure(child, f"the {child.name} server ended before it listened", blame_last_line=True)
        return next((line.removeprefix(READY) for line in child.tail() if line.startswith(READY)), None)

    rest = wait_for(said, deadline_s=deadline_s)
    if rest is None:
        raise _failure(child, f"the {child.name} server did not listen within {deadline_s:g} s")
    return rest


def _require_alive(child: Child) -> None:
    """Raise StageError, saying how and why, if the server has died."""
    code = child.returncode()
    if code is not None:
        how = f"exited with code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
        raise _failure(child, f"{child.name} {how} before it served", blame_last_line=True)


def _require_own(child: Child, response: Response, port: int) -> None:
    """Raise StageError if another server responds, one that had the port before."""
    worker = response.headers.get(SERVED_BY, "")
    if worker.isdecimal() and int(worker) not in tree(child.pid):
        raise StageError(
            f"port {port} is already taken: process {worker} responds there, and is not part of {child.name}",
            log_tail=child.tail(),
            address_in_use=True,
        )


def _failure(child: Child, what: str, *, blame_last_line: bool = False) -> StageError:
    """What happened, with the reason that the log gives, if it gives one."""
    log = child.tail()
    in_use = any(IN_USE.search(line) for line in log)
    reasons = [line.strip() for line in log if IN_USE.search(line) or REASON.search(line)]
    if blame_last_line and not reasons:
        reasons = [line.strip() for line in log if line.strip()]
    return StageError("; its log says: ".join((what, *reasons[-1:])), log_tail=log, address_in_use=in_use)
