"""The estimate of Hodges & Lehmann (1963): the median of the means of all pairs, which one value hardly moves."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_DIGITS: Final = 12
"""Of a logarithm; the rest is rounding."""


def hodges_lehmann(values: Sequence[float]) -> float:
    """The median of the means of all pairs, each value paired with itself as well."""
    return float(np.median(walsh(values)))


def walsh(values: Sequence[float]) -> NDArray[np.float64]:
    """The means of all pairs, smallest first."""
    every = np.asarray(values)
    first, second = np.triu_indices(len(every))
    return np.sort(np.round((every[first] + every[second]) / 2, _DIGITS))
