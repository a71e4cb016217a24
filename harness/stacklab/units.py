"""Units: every float that crosses a boundary carries its unit in its name; these convert between them."""

from typing import Final, TypeAlias

Seconds: TypeAlias = float
Nanoseconds: TypeAlias = int

NS_PER_S: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000
NS_PER_US: Final = 1_000
BYTES_PER_MIB: Final = 1024 * 1024


def ns_from_s(seconds: Seconds) -> Nanoseconds:
    """Round a duration in seconds to whole nanoseconds."""
    return round(seconds * NS_PER_S)
