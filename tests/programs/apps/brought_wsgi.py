"""A WSGI app that a user may bring; one page says what it finds around it."""

import importlib.util
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import in_place  # type: ignore[import-not-found] # installed in place, in the environment of the tests alone

HERE = Path(__file__).resolve().parent

Start = Callable[[str, list[tuple[str, str]]], Any]


def app(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/surroundings":
        assert Path.cwd() == HERE
        assert os.environ["BROUGHT"] == "yes"
        assert in_place.WORD == "in place"
        assert str(HERE) == sys.path[0]
        assert "/x" in sys.path
        assert [importlib.util.find_spec(name) for name in ("work", "servers", "apps", "shared")] == [None] * 4
    if environ["PATH_INFO"] == "/busy":
        sum(range(20_000))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
