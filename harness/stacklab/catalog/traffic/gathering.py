"""What the readers of traffic have in common: each request once, how often it came, and what was left out."""

import re
from collections import Counter
from typing import Final

from stacklab.model.own_app import READING, LeftOut, RequestSpec, Traffic

MOST: Final = 50
"""The most frequent requests are asked; a tail of thousands would each be asked once or never."""

ENOUGH: Final = 1000
"""Weights are scaled down to about so many in all: more would say nothing more."""


class Gathering:
    """Requests as they are found."""

    def __init__(self) -> None:
        """Nothing is found yet."""
        self._found: Counter[tuple[str, str, tuple[tuple[str, str], ...]]] = Counter()
        self._left_out: Counter[str] = Counter()

    def add(self, method: str, path: str, headers: dict[str, str] | None = None) -> None:
        """A request that was made; only what changes nothing is asked, and what can stand in a request line."""
        if method.upper() not in READING:
            self.leave_out(f"{method.upper()}, which may change things: write it into app.toml with `changes = true`")
        elif not re.fullmatch(r"/[!-~]*", path):
            self.leave_out("not written as a request line can be")
        else:
            self._found[method.upper(), path.partition("#")[0], tuple(sorted((headers or {}).items()))] += 1

    def leave_out(self, reason: str) -> None:
        """A request that is not asked."""
        self._left_out[reason] += 1

    def traffic(self) -> Traffic:
        """The most frequent requests, by their weights."""
        kept = self._found.most_common(MOST)
        rest = self._found.total() - sum(count for _, count in kept)
        if rest:
            self._left_out[f"beyond the {MOST} most frequent"] += rest
        scale = max(1.0, sum(count for _, count in kept) / ENOUGH)
        return Traffic(
            read=tuple(
                RequestSpec(path=path, method=method, headers=dict(headers), weight=max(1, round(count / scale)))
                for (method, path, headers), count in kept
            ),
            left_out=tuple(LeftOut(reason=reason, count=count) for reason, count in self._left_out.items()),
        )
