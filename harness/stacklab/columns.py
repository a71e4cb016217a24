"""Columns: what the rows of a run become when they are read."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Column: TypeAlias = NDArray[Any]
Mask: TypeAlias = NDArray[np.bool_]
Columns: TypeAlias = Mapping[str, Column]
"""Columns of equal length by name: the fields of a row, in the order of ``intended_ns``, or of ``record.Usage``, in
the order of ``t_ns``. Times are CLOCK_MONOTONIC ns. ``read_ns`` is the moment a request ended, whatever its outcome."""

MISSING: Final = -1
"""Stands in a column where there is no value."""
