"""Pydantic's adapters, one for each type: to make one takes longer than to read a file with it."""

from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import TypeAdapter

adapter_of: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)
"""What validates and writes a type: a record, or a union of records."""
