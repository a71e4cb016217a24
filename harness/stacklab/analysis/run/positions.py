"""Does a stack's place in a sweep matter? How much more it has where it comes first than where it comes later.

Every stack has every position equally often, so that no position favours anybody. But where the first slice of a sweep
is another thing than the later ones, what is compared is a mixture of both.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np

from stacklab.analysis.run.interleaved import SliceNumbers
from stacklab.columns import Column

FEWEST: Final = 3
"""Slices, in first position and in later ones."""

OfSlices: TypeAlias = Callable[[SliceNumbers], Column]


def first_over_later(own: SliceNumbers, others: Sequence[SliceNumbers], of: OfSlices) -> float | None:
    """The logarithm of the ratio, each slice relative to those of the others in its sweep. None: too few slices.

    Others that are later where the stack is first would show the same effect the other way round: it is taken to be
    the same for all.
    """
    values = _logs(own, of)
    peers = [known for one in others if (known := _logs(one, of)) and values.keys() & known.keys()]
    shared = sorted(set(values).intersection(*peers))
    if len(shared) < 2 * FEWEST:
        return None
    relative = np.array([values[sweep] for sweep in shared])
    if peers:
        relative -= np.mean([[known[sweep] for sweep in shared] for known in peers], axis=0)
    place = dict(zip(own.sweep.tolist(), own.position.tolist(), strict=True))
    first = np.array([place[sweep] == 0 for sweep in shared])
    if min(first.sum(), (~first).sum()) < FEWEST:
        return None
    apart = float(np.median(relative[first]) - np.median(relative[~first]))
    return apart * len(peers) / (len(peers) + 1) if peers else apart


def _logs(numbers: SliceNumbers, of: OfSlices) -> dict[int, float]:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(of(numbers))
    known = np.isfinite(logs)
    return dict(zip(numbers.sweep[known].tolist(), logs[known].tolist(), strict=True))
