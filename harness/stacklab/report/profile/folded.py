"""Folded stacks, counted: where samples ended, which layer they ended in, and the tree that a flamegraph draws."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeAlias

from stacklab.report.profile.layers import Layer, layer_of

Folded: TypeAlias = tuple[tuple[str, int], ...]
"""(frames from the outermost to the innermost, joined by ``;``; samples), most samples first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hotspot:
    """One frame with the samples that ended in it, and those that had it anywhere on the stack."""

    frame: str
    layer: Layer
    own: int
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Tree:
    """The tree that ``flame.js`` draws, as flat lists, because every call path begins with the same twenty frames."""

    samples: int
    frames: tuple[str, ...]
    layers: tuple[Layer, ...]
    """The layer of each of ``frames``, at the same index."""
    nodes: tuple[int, ...]
    """Index of the frame, depth, samples of each node in turn: parents before children, the heaviest child first."""


def hotspots(folded: Folded, *, limit: int) -> tuple[Hotspot, ...]:
    """The frames in which most samples ended: where the time is, as opposed to what led there."""
    own: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for stack, samples in folded:
        frames = stack.split(";")
        own[frames[-1]] += samples
        for frame in set(frames):
            total[frame] += samples
    hottest = sorted(own, key=lambda frame: (-own[frame], frame))[:limit]
    return tuple(Hotspot(frame=frame, layer=layer_of(frame), own=own[frame], total=total[frame]) for frame in hottest)


def shares(folded: Folded) -> tuple[tuple[Layer, float], ...]:
    """Share of the samples that ended in each layer, in the order of ``Layer``; layers without samples are left out."""
    samples: Counter[Layer] = Counter()
    for stack, count in folded:
        samples[layer_of(stack.rpartition(";")[2])] += count
    everything = samples.total()
    return tuple((layer, samples[layer] / everything) for layer in Layer if samples[layer])


@dataclass(slots=True)
class _Node:
    samples: int = 0
    children: "dict[str, _Node]" = field(default_factory=dict)


def tree(folded: Folded) -> Tree:
    """Put stacks together as far as they agree from the outermost frame on."""
    root = _Node()
    for stack, samples in folded:
        node = root
        node.samples += samples
        for frame in stack.split(";"):
            node = node.children.setdefault(frame, _Node())
            node.samples += samples
    index: dict[str, int] = {}
    nodes: list[int] = []
    # An explicit stack: recursion in Python would end at the depth of a deep middleware chain.
    pending = _heaviest_first(root, depth=0)
    while pending:
        frame, depth, node = pending.pop()
        nodes += (index.setdefault(frame, len(index)), depth, node.samples)
        pending += _heaviest_first(node, depth=depth + 1)
    return Tree(samples=root.samples, frames=tuple(index), layers=tuple(map(layer_of, index)), nodes=tuple(nodes))


def _heaviest_first(parent: _Node, *, depth: int) -> list[tuple[str, int, _Node]]:
    """The children of a node as work to do: popping from the end gives the heaviest."""
    children = sorted(parent.children.items(), key=lambda item: (item[1].samples, item[0]))
    return [(frame, depth, node) for frame, node in children]
