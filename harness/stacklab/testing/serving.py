"""Serves the app of a test, and measures what it promises."""

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self
from urllib.request import urlopen

import click
from rich.console import Console

from stacklab.analysis.gates.judgement import Answer, judged, worst
from stacklab.analysis.gates.limits import PromisedLimit, kept
from stacklab.analysis.metrics import RSS, THROUGHPUT
from stacklab.analysis.results import judge
from stacklab.catalog import own_app
from stacklab.catalog.ways import Way
from stacklab.catalog.workspace import find
from stacklab.cli.options.effort import Effort, drawn_seed
from stacklab.cli.options.placement import Placement
from stacklab.cli.options.requests import requests_of
from stacklab.cli.side_by_side import SideBySide, side_by_side
from stacklab.errors import UsageError
from stacklab.model.own_app import OwnApp
from stacklab.model.traffic.load import Closed, Load, Open
from stacklab.report.gates.words import told

LIMITS: Final[Mapping[str, tuple[str, str, str]]] = {
    "p50_ms": ("p50", "<=", "ms"),
    "p90_ms": ("p90", "<=", "ms"),
    "p99_ms": ("p99", "<=", "ms"),
    "cpu_us": ("cpu", "<=", "us"),
    RSS.key: ("rss", "<=", "MiB"),
    "errors_percent": ("errors", "<=", "%"),
    THROUGHPUT.key: ("throughput", ">=", "rps"),
}
"""What a mark may promise: metric, operator and unit."""

EFFORT: Final[Mapping[str, float]] = {"rounds": 4, "seconds": 3.0}
"""How much is measured, where the mark does not say."""

LOAD: Final = frozenset({"rate", "connections"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """A server that runs until the test ends."""

    url: str
    """``http://127.0.0.1:PORT``."""

    def get(self, path: str) -> bytes:
        """The body of the response to a GET request; raises ``urllib.error.HTTPError`` for an error."""
        with urlopen(f"{self.url}{path}", timeout=30) as response:  # noqa: S310 (our own server)
            body: bytes = response.read()
        return body


@dataclass(frozen=True, kw_only=True, slots=True)
class PromiseOutcome:
    """What became of the promise of a test."""

    answer: Answer
    reason: str

    @property
    def fails(self) -> bool:
        """Whether it fails."""
        return self.answer is Answer.FAILS

    @property
    def cannot_tell(self) -> bool:
        """Whether that is not told."""
        return self.answer is Answer.CANNOT_TELL


class Serving:
    """The fixture: call it with the app and the paths to request."""

    def __init__(self, *, folder: Path, results: Path, logs: Path) -> None:
        """``folder`` is that of the project, ``results`` that of the sessions, ``logs`` that of the server."""
        self._folder = folder
        self._workspace = find(folder, results=results)
        self._logs = logs
        self._ending = ExitStack()
        self.own: OwnApp | None = None
        """The app, once it is served."""

    def __call__(self, app: str, *paths: str, server: str | None = None, app_dir: Path | None = None) -> Served:
        """Serve ``module:attribute``, and check the responses to the paths. Raises UsageError where that fails."""
        if self.own is not None:
            raise UsageError("stack: a test serves one app; write a test for each")
        folder = str(self._folder)
        self.own = OwnApp(
            app=app,
            folder=folder,
            app_dir=str(app_dir or own_app.modules_in(app, self._folder)),
            python=sys.executable,
            requests=requests_of([("paths", path) for path in paths or ("/",)]),
            servers=() if server is None else (server,),
        )
        sides = self._ending.enter_context(self.side_by_side(self.own))
        (name,) = sides.stacks
        stack = sides.known.catalogue.stacks[name]
        first = sides.known.rehearsal.recorded[0].request.exchange
        booted = self._ending.enter_context(sides.here.boot(stack, first, self._logs))
        return Served(url=f"http://{booted.host}:{booted.port}")

    def side_by_side(self, own: OwnApp) -> AbstractContextManager[SideBySide]:
        """The app in its one way, ready to be served or measured."""
        return side_by_side([Way(own=own)], self._workspace, Placement(), Console(quiet=True))

    def stop(self) -> None:
        """End the server."""
        self._ending.close()

    def __enter__(self) -> Self:
        """Nothing is served yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End whatever is served."""
        self.stop()


def answer(serving: Serving, promised: Mapping[str, float]) -> PromiseOutcome:
    """Measure what the test has served, under the load of its mark, and judge the promise. Raises UsageError."""
    limits = limits_of(promised)
    if serving.own is None:
        raise UsageError("the test served no app: call the fixture `stack` with MODULE:APP and paths")
    serving.stop()
    own = replace(serving.own, load=_load(promised))
    effort = Effort(
        preset="quick",
        rounds=int(promised.get("rounds", EFFORT["rounds"])),
        measure_s=promised.get("seconds", EFFORT["seconds"]),
        noise_floor=False,
        seed=drawn_seed(),
    )
    with click.Context(click.Command("pytest"), info_name="pytest"), serving.side_by_side(own) as sides:
        result = judge(sides.measured(effort))
    found = judged(result.cells, [(limit, None) for limit in limits])
    return PromiseOutcome(answer=worst(found), reason="\n".join(map(told, found)))


def limits_of(promised: Mapping[str, float]) -> tuple[PromisedLimit, ...]:
    """The limits of a mark. Raises UsageError for a name that it does not know."""
    unknown = promised.keys() - LIMITS.keys() - EFFORT.keys() - LOAD
    if unknown:
        raise UsageError(f"{min(unknown)!r} is none of {', '.join([*LIMITS, *sorted(LOAD), *EFFORT])}")
    found = [
        kept(f"{metric} {operator} {promised[name]:g} {unit}", where="promise")
        for name, (metric, operator, unit) in LIMITS.items()
        if name in promised
    ]
    if not found:
        raise UsageError(f"it promises nothing: name one of {', '.join(LIMITS)}")
    return tuple(found)


def _load(promised: Mapping[str, float]) -> Load:
    if "rate" in promised:
        return Open(rate=float(promised["rate"]))
    return Closed(connections=int(promised.get("connections", 8)))
