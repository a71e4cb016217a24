"""Asking a server one thing at a time, as a plain client: to verify it, not to load it."""

from http.client import HTTPConnection, HTTPException, HTTPResponse
from types import TracebackType
from typing import Self

from stacklab.errors import StageError
from stacklab.model.contract import Answer, Exchange
from stacklab.units import Seconds


class NoAnswer(StageError):  # noqa: N818 (what happened, in the words of the domain)
    """The server gave no answer, or nothing that is HTTP."""


class Conversation:
    """One connection, kept alive as far as the server likes, opened again when it does not; a context manager."""

    def __init__(self, host: str, port: int, *, timeout_s: Seconds = 5.0) -> None:
        self._connection = HTTPConnection(host, port, timeout=timeout_s)
        self._was_answered = False

    def __enter__(self) -> Self:
        """Connect only when something is asked."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Hang up."""
        self._connection.close()

    def connect(self) -> None:
        """Connect before there is anything to ask. Raises NoAnswer with the reason."""
        try:
            self._connection.connect()
        except OSError as error:
            raise self._no_answer(error) from error

    def ask(self, exchange: Exchange) -> Answer:
        """Send the request and read the whole answer. Raises NoAnswer with the reason."""
        try:
            response = self._respond(exchange)
            headers = {name.lower(): value for name, value in response.getheaders()}
            answer = Answer(status=response.status, headers=headers, body=response.read())
        except (OSError, HTTPException) as error:
            raise self._no_answer(error) from error
        self._was_answered = True
        return answer

    def _respond(self, exchange: Exchange) -> HTTPResponse:
        """Send the request; once more on a new connection if the server had given up the old one meanwhile."""
        try:
            return self._send(exchange)
        except (ConnectionResetError, BrokenPipeError):  # RemoteDisconnected is one of the first kind
            if not self._was_answered:
                raise
            self._connection.close()
            return self._send(exchange)

    def _send(self, exchange: Exchange) -> HTTPResponse:
        self._connection.request(exchange.method, exchange.target)
        return self._connection.getresponse()

    def _no_answer(self, error: OSError | HTTPException) -> NoAnswer:
        """Hang up, and say what went wrong."""
        self._connection.close()
        if isinstance(error, TimeoutError):
            return NoAnswer(f"nothing whole within {self._connection.timeout:g} s")
        if isinstance(error, OSError):
            return NoAnswer((error.strerror or str(error)).lower())
        return NoAnswer(repr(error))


def ask(host: str, port: int, exchange: Exchange, *, timeout_s: Seconds = 5.0) -> Answer:
    """Ask one thing on a connection of its own. Raises NoAnswer with the reason."""
    with Conversation(host, port, timeout_s=timeout_s) as conversation:
        return conversation.ask(exchange)
