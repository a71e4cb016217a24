"""Ports of this machine."""

import errno
import socket

from stacklab.errors import UsageError


def free_port(host: str = "127.0.0.1") -> int:
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
            raise UsageError(f"no server can listen on {host}:{port} ({error.strerror}): choose another") from error
        return False
