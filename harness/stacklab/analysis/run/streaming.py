"""Responses in chunks: the time to the first byte and the gaps between chunks, of one run.

Rule 1: time to first byte counts from the intended start, as latency does, and its losses are those of latency: a
    request that did not end well ranks behind every one that did, however soon its first byte came.
Rule 2: a gap lies between the ends of two successive chunks of one correct response. Chunks of one segment arrived
    at the same moment: a server that buffers chunks has gaps of zero, and its first byte is late.
"""

import numpy as np

from stacklab.analysis.run.latency import Quantiles, ranked
from stacklab.columns import Column, Columns, Mask
from stacklab.model.measured.record import Outcome, Phase

FIRST_BYTE = 0
"""The piece's number that stands for the first byte of the body (``record.PIECE``)."""


def first_byte(requests: Columns, pieces: Columns) -> Quantiles:
    """Quantiles of the time to the first byte, over the measured requests to endpoints that respond in chunks."""
    first = pieces["piece"] == FIRST_BYTE
    came_ns = requests["read_ns"].copy()
    came_ns[pieces["request"][first]] = pieces["read_ns"][first]
    watched = np.isin(requests["endpoint"], np.unique(requests["endpoint"][pieces["request"]]))
    counted = watched & (requests["phase"] == Phase.MEASURE)
    return ranked((came_ns - requests["intended_ns"])[counted], _lost(requests)[counted]).quoted()


def gaps(requests: Columns, pieces: Columns) -> Quantiles:
    """Quantiles of the gaps between chunks, over the correct responses to measured requests."""
    request, piece = pieces["request"], pieces["piece"]
    counted = (requests["phase"] == Phase.MEASURE) & ~_lost(requests)
    follows = (request[1:] == request[:-1]) & (piece[:-1] != FIRST_BYTE) & counted[request[1:]]
    found: Column = np.diff(pieces["read_ns"])[follows]
    return ranked(found, np.zeros(len(found), dtype=np.bool_)).quoted()


def _lost(requests: Columns) -> Mask:
    lost: Mask = requests["outcome"] != Outcome.OK
    return lost
