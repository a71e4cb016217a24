"""Values of options, read from text."""

import math
import re
from dataclasses import dataclass
from typing import Any, Final

import click


class Finite(click.FloatRange):
    """A number within a range, and never infinite."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Turn the text into a number."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number", param, ctx)
        return number


ABOVE_ZERO: Final = Finite(min=0, min_open=True)


class Cpus(click.ParamType[tuple[int, ...]]):
    """Processor numbers: ``0``, ``0,2`` or ``0-3``."""

    name = "cpus"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Turn the text into numbers, in order and without repetition."""
        if isinstance(value, tuple):
            return value
        chosen: set[int] = set()
        for part in str(value).split(","):
            named = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", part)
            numbers = () if named is None else range(int(named[1]), int(named[2] or named[1]) + 1)
            if not numbers:
                self.fail(f"{value!r} is not a list of processors such as 0,2-3", param, ctx)
            chosen |= set(numbers)
        return tuple(sorted(chosen))


class Proportion(click.ParamType[float]):
    """A share of one: ``3%`` or ``0.03``."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Turn the text into a number between 0 and 1."""
        if isinstance(value, float):
            return value
        text = str(value)
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = 0.0
        if not 0 < share < 1:
            self.fail(f"{value!r} is not a share such as 3% or 0.03", param, ctx)
        return share


class SettingValues(click.ParamType[tuple[str, tuple[str, ...]]]):
    """A setting and its values: ``workers=1,2,4``."""

    name = "setting"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, tuple[str, ...]]:
        """Split the text into the name and the values."""
        if isinstance(value, tuple):
            return value
        name, _, values = str(value).partition("=")
        chosen = tuple(part.strip() for part in values.split(","))
        if not name.strip() or not all(chosen):
            self.fail(f"{value!r} is not of the form workers=1,2,4", param, ctx)
        return name.strip().replace("-", "_"), chosen


class Pair(click.ParamType[tuple[str, str]]):
    """A name and a value with a sign between them: ``NAME=VALUE`` or ``NAME: VALUE``."""

    name = "pair"

    def __init__(self, sign: str, *, strip: bool = False) -> None:
        self._sign = sign
        self._strip = strip

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split the text into the name and the value."""
        if isinstance(value, tuple):
            return value
        name, found, rest = str(value).partition(self._sign)
        if not found or not name.strip():
            self.fail(f"{value!r} is not a name, {self._sign!r} and a value", param, ctx)
        return (name.strip(), rest.strip()) if self._strip else (name, rest)


@dataclass(frozen=True, slots=True)
class HeaderFile:
    """A file of headers, so that no command line has what is in it."""

    path: str


class Header(click.ParamType[tuple[str, str] | HeaderFile]):
    """``NAME: VALUE``, or ``@FILE``."""

    name = "header"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str] | HeaderFile:
        """A pair, or the file."""
        if isinstance(value, str) and value.startswith("@"):
            return HeaderFile(value[1:])
        return value if isinstance(value, HeaderFile) else Pair(":", strip=True).convert(value, param, ctx)
