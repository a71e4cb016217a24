"""What a bundle of a session says of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """The first file of a bundle: what else is in it, and with what its page was rendered."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    session: str
    """The name of the session."""
    rendered_with: Mapping[str, str]
    """The version of each program that has a say in the bytes of the page, by name."""
    format_version: int = 1
    """Of the bundle; that of the session stands in its own files."""
    files: Mapping[str, str]
    """The SHA-256 of every other file, in hexadecimal digits, by its path in the bundle."""
