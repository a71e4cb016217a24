"""Stacks as a flamegraph shows them: the tree that it draws, the layers, and the functions that took most."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from stacklab.analysis.profiles.samples import CallStack, added_up
from stacklab.model.layers import Layer, Layers

BOILERPLATE: Final = frozenset({Layer.STDLIB, Layer.SERVER, Layer.LOOP, Layer.UNKNOWN, Layer.STACKLAB})
"""Layers whose frames every stack begins with, on the way to where anything differs."""


FOLDED: Final = ", below "
"""Behind the name of a frame that stands for itself and for those above it; their number follows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hotspot:
    """One function with what ended in it, and what had it anywhere on the stack."""

    frame: str
    layer: Layer
    own: float
    total: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Tree:
    """The tree that ``flame.js`` draws, as flat lists, because every call path begins with the same twenty frames."""

    total: int
    unit: str
    """``ns`` per request, or ``samples``."""
    frames: tuple[str, ...]
    layers: tuple[Layer, ...]
    """The layer of each of ``frames``, at the same index."""
    nodes: tuple[int, ...]
    """Index of the frame, depth, value of each node in turn: parents before children, the heaviest child first."""


def hotspots(stacks: Mapping[CallStack, float], layers: Layers, *, limit: int) -> tuple[Hotspot, ...]:
    """The functions in which most ended: where the time is, as opposed to what led there."""
    own = added_up((stack[-1], value) for stack, value in stacks.items())
    total = added_up((frame, value) for stack, value in stacks.items() for frame in set(stack))
    hottest = sorted(own, key=lambda frame: (-own[frame], frame))[:limit]
    return tuple(Hotspot(frame=frame, layer=layers.of(frame), own=own[frame], total=total[frame]) for frame in hottest)


@dataclass(slots=True)
class _Node:
    value: float = 0.0
    children: "dict[str, _Node]" = field(default_factory=dict)


def tree(stacks: Mapping[CallStack, float], layers: Layers, *, unit: str) -> Tree:
    """Put stacks together as far as they agree from the outermost frame on.

    What everything below an outermost frame begins with is one frame, so that the graph begins where stacks differ.
    """
    root = _Node()
    for stack, value in stacks.items():
        node = root
        node.value += value
        for frame in stack:
            node = node.children.setdefault(frame, _Node())
            node.value += value
    index: dict[str, int] = {}
    nodes: list[int] = []
    # An explicit stack: recursion in Python would end at the depth of a deep middleware chain.
    pending = _heaviest_first((_shortened(frame, node, layers) for frame, node in root.children.items()), depth=0)
    while pending:
        frame, depth, node = pending.pop()
        nodes += (index.setdefault(frame, len(index)), depth, round(node.value))
        pending += _heaviest_first(node.children.items(), depth=depth + 1)
    return Tree(
        total=round(root.value),
        unit=unit,
        frames=tuple(index),
        layers=tuple(layers.of(name.partition(FOLDED)[0]) for name in index),
        nodes=tuple(nodes),
    )


def _shortened(frame: str, node: _Node, layers: Layers) -> tuple[str, _Node]:
    """The frame, or one for all frames from it on that have one callee each, up to the last one of these."""
    folded, last = 0, node
    while len(last.children) == 1 and layers.of(frame) in BOILERPLATE:
        ((following, below),) = last.children.items()
        if layers.of(following) not in BOILERPLATE or below.value < last.value:
            break
        frame, last, folded = following, below, folded + 1
    return (f"{frame}{FOLDED}{folded} more" if folded else frame), last


def _heaviest_first(children: Iterable[tuple[str, _Node]], *, depth: int) -> list[tuple[str, int, _Node]]:
    """The children of a node as work to do: popping from the end gives the heaviest."""
    return [(frame, depth, node) for frame, node in sorted(children, key=lambda item: (item[1].value, item[0]))]
