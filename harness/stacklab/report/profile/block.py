"""One profile as a page shows it: sentences, layers, flamegraphs, and the functions and lines that took most."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from stacklab.analysis.profiles.result import ProfileResult
from stacklab.analysis.profiles.samples import CallStack
from stacklab.model.layers import Layer, Layers
from stacklab.model.measured.profile import Recording
from stacklab.report.profile import words
from stacklab.report.profile.folded import Hotspot, Tree, hotspots, tree

FUNCTIONS: Final = 20
LINES: Final = 8
"""Rows of the tables."""

VIEWS: Final[Mapping[Recording, str]] = {
    Recording.GIL: "Time with the GIL",
    Recording.ALL: "Time of all threads, waiting included",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileBlock:
    """One profile; only the reason where it failed."""

    stack: str
    scenario: str
    failed: str | None
    said: tuple[str, ...]
    doubts: tuple[str, ...]
    unit: str
    total: float
    graph: Tree | None
    shares: tuple[tuple[Layer, float], ...]
    """Share of the processor time by layer of the innermost frame, in the order of ``Layer``."""
    hotspots: tuple[Hotspot, ...]
    lines: tuple[tuple[str, float], ...]
    """(line of the app, its time with what it called), the longest first."""
    views: tuple[tuple[str, Tree], ...]
    """(name, graph) of the recordings by themselves."""


def profile_block(result: ProfileResult, layers: Layers) -> ProfileBlock:
    """Put it into a page's terms."""
    unit = "ns" if result.per_request else "samples"
    return ProfileBlock(
        stack=result.profile.stack,
        scenario=result.profile.scenario,
        failed=result.profile.failed,
        said=words.said(result) if result.stacks else (),
        doubts=words.doubts(result),
        unit=unit,
        total=result.total,
        graph=_graph(result.stacks, layers, unit),
        shares=tuple((layer, value / result.total) for layer, value in result.layers.items() if value > 0),
        hotspots=hotspots(result.stacks, layers, limit=FUNCTIONS),
        lines=tuple(sorted(result.lines.items(), key=lambda item: (-item[1], item[0]))[:LINES]),
        views=tuple(
            (VIEWS[recording], graph)
            for recording, stacks in result.views.items()
            if (graph := _graph(stacks, layers, unit)) is not None
        ),
    )


def _graph(stacks: Mapping[CallStack, float], layers: Layers, unit: str) -> Tree | None:
    return tree(stacks, layers, unit=unit) if stacks else None
