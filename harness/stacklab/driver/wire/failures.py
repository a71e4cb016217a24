"""The first failed responses of a run, one of each endpoint, outcome and status: what a reader wants to see of them."""

from collections.abc import Sequence
from typing import Final

from stacklab.model.fingerprint import unpacked
from stacklab.model.measured.record import FailedResponse, Outcome

MOST_KEPT: Final = 64
"""Kinds of failures in a run; later ones are counted in the rows alone."""

MOST_LETTERS: Final = 4096
"""Of a body. A session keeps fewer: what would be a secret cut in two is cut off there."""

MOST_UNPACKED: Final = 16 * 1024
"""Bytes of a packed body that is unpacked: a larger one would take time in which nothing is sent."""


class FailureLog:
    """Remembers the first of each kind."""

    def __init__(self, endpoints: Sequence[str]) -> None:
        """``endpoints`` are the names that the numbers of requests stand for."""
        self._endpoints = endpoints
        self._kept: dict[tuple[str, Outcome, int], FailedResponse] = {}

    def note(self, endpoint: int, outcome: Outcome, status: int, body: bytes, *, encoding: str) -> None:
        """Keep this response, unless there was one like it or there are enough."""
        name = self._endpoints[endpoint]
        kind = (name, outcome, status)
        if kind in self._kept or len(self._kept) == MOST_KEPT:
            return
        self._kept[kind] = FailedResponse(endpoint=name, outcome=outcome, status=status, body=_text(body, encoding))

    @property
    def kept(self) -> tuple[FailedResponse, ...]:
        """In the order in which they came."""
        return tuple(self._kept.values())


def _text(body: bytes, encoding: str) -> str:
    """The begin of a body in one line: a terminal obeys control characters."""
    plain = unpacked(body, encoding) if len(body) <= MOST_UNPACKED else body
    words = " ".join(plain[: 4 * MOST_LETTERS].decode(errors="replace").split())
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words[:MOST_LETTERS])
