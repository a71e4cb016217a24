"""Templates of paths: requests that differ in an identifier belong to one route."""

import re
from typing import Final

IDENTIFIER: Final = re.compile(
    r"""
    \d+                                                          # a number
    | \d{4}-\d\d-\d\d                                            # a date
    | [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}                  # a UUID
    | (?=[0-9a-f]*\d)[0-9a-f]{8,}                                # a digest, or a part of one
    | (?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{16,}       # a token
    """,
    re.VERBOSE | re.ASCII,
)
"""A segment that names one thing of many."""


def template_of(path: str) -> str:
    """``/items/{id}`` of ``/items/42?page=2``: without the query, a word for each identifier."""
    segments = path.partition("?")[0].split("/")
    return "/".join("{id}" if IDENTIFIER.fullmatch(segment) else segment for segment in segments)
