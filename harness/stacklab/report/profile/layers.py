"""Layers: which part of a stack a frame belongs to, by the package it lies in; what is not known is unknown."""

import re
import sys
from collections.abc import Mapping
from enum import StrEnum


class Layer(StrEnum):
    """The parts of a stack, in the order in which a request meets them."""

    SERVER = "server"
    LOOP = "loop"
    FRAMEWORK = "framework"
    APP = "app"
    STDLIB = "stdlib"
    LIBRARY = "library"
    UNKNOWN = "unknown"
    """Native code, the kernel, or a frame without a file."""


_PACKAGES: Mapping[Layer, str] = {
    Layer.SERVER: (
        "bjoern cheroot daphne granian gunicorn h11 h2 httptools hypercorn uvicorn uvicorn_worker waitress wsgiref"
    ),
    Layer.LOOP: "anyio asyncio gevent greenlet rloop selectors sniffio trio uvloop",
    Layer.FRAMEWORK: (
        "aiohttp asgiref blacksheep bottle django falcon fastapi flask jinja2 litestar pydantic pydantic_core quart "
        "pyramid sanic starlette tornado webob werkzeug"
    ),
}
LAYER_OF_PACKAGE = {package: layer for layer, packages in _PACKAGES.items() for package in packages.split()}
"""Top-level packages with a part of their own. Loops in the standard library count as loops."""

_FRAME = re.compile(r"^.* \((?P<file>[^()]*?)(?::\d+)?\)$")


def layer_of(frame: str) -> Layer:
    """The layer of ``function (package/file.py:line)``, by the first part of its path.

    The app's own files begin with ``./``. Older profiles lack that: there, a file without a package is the app's.
    """
    found = _FRAME.match(frame)
    file = found["file"] if found else ""
    if file.startswith("./"):
        return Layer.APP
    package = re.split(r"[/.]", file, maxsplit=1)[0]
    if package in LAYER_OF_PACKAGE:
        return LAYER_OF_PACKAGE[package]
    if file.startswith("<frozen "):
        return Layer.STDLIB
    if not file.endswith((".py", ".pyx")):
        return Layer.UNKNOWN
    if package in sys.stdlib_module_names:
        return Layer.STDLIB
    return Layer.LIBRARY if "/" in file else Layer.APP
