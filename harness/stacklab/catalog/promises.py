"""Reads a promise file."""

from pathlib import Path

from stacklab.catalog.loader import load
from stacklab.model.promises import PromiseFile


def read(path: Path) -> PromiseFile:
    """The promises of a file. Raises UsageError that names the file and the key."""
    return load(path, PromiseFile, named=False)
