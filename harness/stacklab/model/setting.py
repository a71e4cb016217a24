"""A setting of a server: what stands in its command line, and what may stand there instead."""

import math
import re
import shlex
from collections.abc import Mapping
from typing import Final, TypeAlias

ServerSetting: TypeAlias = int | float | tuple[str, ...] | Mapping[str, str]
"""A number; words to choose from; or words to choose from, each with what it stands for in the command line.

Of words the first one holds.
"""


OFF: Final = "off"
"""The value of a switch that leaves something out."""


def held(setting: ServerSetting) -> str:
    """The value that holds."""
    return f"{setting:.17g}" if isinstance(setting, int | float) else next(iter(setting))


def words(setting: ServerSetting) -> tuple[str, ...]:
    """What a placeholder of its own becomes in the command line: one word, or as many as the value stands for."""
    return tuple(shlex.split(setting[held(setting)])) if isinstance(setting, Mapping) else (held(setting),)


def with_value(setting: ServerSetting, value: str) -> ServerSetting:
    """The setting with this value and no choice left. Raises ValueError, as a sentence, if it has no such value."""
    if isinstance(setting, int | float):
        return _number(value)
    if value not in setting:
        raise ValueError(f"unknown value {value!r}; choose from {', '.join(setting)}")
    return {value: setting[value]} if isinstance(setting, Mapping) else (value,)


def faults(setting: ServerSetting) -> str | None:
    """What is wrong with a setting as it is written, or None."""
    if isinstance(setting, int | float):
        return None if math.isfinite(setting) and setting >= 0 else f"{setting} is not a number from 0"
    if not setting:
        return "there is no value"
    wrong = next((value for value in setting if not re.fullmatch(r"[\w.-]+", value)), None)
    return None if wrong is None else f"{wrong!r} cannot be part of a stack's name"


def _number(text: str) -> int | float:
    try:
        number = int(text) if text.isdecimal() else float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"{text!r} is not a number from 0")
    return number
