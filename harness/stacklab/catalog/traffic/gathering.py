"""What the readers of traffic have in common: each request once, how often it came, and what was left out."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from stacklab.catalog.traffic.template import template_of
from stacklab.model.own_app import READING, LeftOut, RequestSpec, Traffic

MOST: Final = 50
"""Requests that are sent: of a tail of thousands each would be sent once or never."""

ENOUGH: Final = 1000
"""Weights are scaled down to about so many in all: more would say nothing more."""


class _Found(NamedTuple):
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    template: str

    @property
    def route(self) -> tuple[str, str]:
        return self.method, self.template


class Gathering:
    """Requests as they are found."""

    def __init__(self) -> None:
        """Nothing is found yet."""
        self._found: Counter[_Found] = Counter()
        self._left_out: Counter[str] = Counter()

    def add(
        self, method: str, path: str, headers: dict[str, str] | None = None, *, template: str | None = None
    ) -> None:
        """A request that was made; only what changes nothing is asked, and what can stand in a request line.

        The template is that of its route; without one it is found in the path.
        """
        if method.upper() not in READING:
            self.leave_out(f"{method.upper()}, which may change things: write it into app.toml with `changes = true`")
        elif not re.fullmatch(r"/[!-~]*", path):
            self.leave_out("not written as a request line can be")
        else:
            asked = path.partition("#")[0]
            told = tuple(sorted((headers or {}).items()))
            self._found[_Found(method.upper(), asked, told, template or template_of(asked))] += 1

    def leave_out(self, reason: str) -> None:
        """A request that is not asked."""
        self._left_out[reason] += 1

    def traffic(self) -> Traffic:
        """The most frequent requests of every route, by weights that keep the proportion of the routes."""
        kept = self._kept()
        whole, asked = self._by_route(self._found), self._by_route(kept)
        weights = {one: self._found[one] * whole[one.route] / asked[one.route] for one in kept}
        rest = self._found.total() - sum(whole[route] for route in asked)
        if rest:
            self._left_out[f"of routes beyond the {MOST} most frequent"] += rest
        total = sum(weights.values())
        scale = total / ENOUGH if total > ENOUGH or len(kept) < len(self._found) else 1.0
        return Traffic(
            read=tuple(
                RequestSpec(
                    path=one.path,
                    method=one.method,
                    headers=dict(one.headers),
                    weight=max(1, round(weight / scale)),
                    template=one.template,
                )
                for one, weight in weights.items()
            ),
            left_out=tuple(LeftOut(reason=reason, count=count) for reason, count in self._left_out.items()),
        )

    def _kept(self) -> list[_Found]:
        """One request of each route, then the most frequent ones of any."""
        ranked = [one for one, _ in self._found.most_common()]
        routes = {route for route, _ in self._by_route(self._found).most_common(MOST)}
        first = {one.route: one for one in reversed(ranked) if one.route in routes}
        others = [one for one in ranked if one.route in routes and one is not first[one.route]]
        kept = {*first.values(), *others[: MOST - len(first)]}
        return [one for one in ranked if one in kept]

    def _by_route(self, requests: Iterable[_Found]) -> Counter[tuple[str, str]]:
        """How often each route was requested."""
        total: Counter[tuple[str, str]] = Counter()
        for one in requests:
            total[one.route] += self._found[one]
        return total
