"""Numbers that another program has measured or kept: followed over time beside those of sessions."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedPoint:
    """One value of one benchmark. Of the machine, the rounds and the load nothing is known."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    benchmark: str
    measure: str
    unit: str
    value: float
    low: float | None = None
    high: float | None = None
    more_is_better: bool = False
    at: str = ""
    """UTC, ISO 8601."""
    label: str = ""
    """The commit, or what else tells it from the others of its time."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What is the same for a value that is imported again."""
        return self.benchmark, self.measure, self.at, self.label
