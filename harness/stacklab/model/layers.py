"""Layers: which part of a stack a frame belongs to, by its function, its package or its thread."""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import ClassVar, Final

KERNEL: Final = "kernel"
"""The innermost frame of what was spent in the kernel."""

UNSEEN: Final = "thread without Python: "
"""What the frame of a thread begins with that runs no Python; its name follows."""

OWN: Final = "./"
"""What the path of a module begins with that is installed nowhere: the app's."""

_FRAME: Final = re.compile(r"^(?P<function>.*) \((?P<file>[^()]*?)(?::\d+)?\)$")


class Layer(StrEnum):
    """The parts of a stack, in the order in which a request meets them."""

    KERNEL = "kernel"
    SERVER = "server"
    LOOP = "loop"
    FRAMEWORK = "framework"
    SERIALISATION = "serialisation"
    CLIENT = "client"
    TEMPLATE = "template"
    APP = "app"
    STDLIB = "stdlib"
    LIBRARY = "library"
    STACKLAB = "stacklab"
    WAITING = "waiting"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """As pages name it."""
        return _WORDS.get(self, self.value)


_WORDS: Final[Mapping[Layer, str]] = {
    Layer.LOOP: "event loop",
    Layer.SERIALISATION: "validation and serialisation",
    Layer.CLIENT: "client library or driver",
    Layer.APP: "your code",
    Layer.STDLIB: "standard library",
    Layer.LIBRARY: "other library",
    Layer.STACKLAB: "stacklab's own",
    Layer.WAITING: "waiting",
}


@dataclass(frozen=True, kw_only=True)
class Layers:
    """The table of layers: lists of names by layer."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    packages: Mapping[Layer, tuple[str, ...]] = field(default_factory=dict)
    """``flask``, or a part of a package: ``aiohttp/client``. The longest name that fits decides."""
    functions: Mapping[Layer, tuple[str, ...]] = field(default_factory=dict)
    """``threading.py:wait``, without the class; they decide before packages do."""
    threads: Mapping[Layer, tuple[str, ...]] = field(default_factory=dict)
    """How the names of threads that run no Python begin."""

    def and_(self, more: "Layers") -> "Layers":
        """This table with another one, which decides where both have the same name."""
        return Layers(
            packages=_joined(self.packages, more.packages),
            functions=_joined(self.functions, more.functions),
            threads=_joined(self.threads, more.threads),
        )

    def of(self, frame: str) -> Layer:
        """The layer of ``function (package/file.py:line)``; what is not known is unknown."""
        known = self._known.get(frame)
        if known is None:
            known = self._known[frame] = self._find(frame)
        return known

    @cached_property
    def _known(self) -> dict[str, Layer]:
        return {}

    @cached_property
    def _package(self) -> Mapping[str, Layer]:
        return _by_name(self.packages)

    @cached_property
    def _function(self) -> Mapping[str, Layer]:
        return _by_name(self.functions)

    def _find(self, frame: str) -> Layer:
        if frame.partition(",")[0] == KERNEL:  # it may be said who called it
            return Layer.KERNEL
        if frame.startswith(UNSEEN):
            name = frame.removeprefix(UNSEEN)
            begins = (layer for start, layer in _by_name(self.threads).items() if name.startswith(start))
            return next(begins, Layer.UNKNOWN)
        found = _FRAME.match(frame)
        function, file = (found["function"], found["file"]) if found else ("", "")
        own, path = file.startswith(OWN), file.removeprefix(OWN)
        special = self._function.get(f"{path}:{function.rpartition('.')[2]}")
        if special is not None and not own:
            return special
        listed = self._listed(path)
        if own:  # a module of the app may be called as a library is; what stacklab brings lies beside it
            return Layer.STACKLAB if listed is Layer.STACKLAB else Layer.APP
        return listed or _unlisted(file)

    def _listed(self, path: str) -> Layer | None:
        """The layer of the longest name in the table that the path begins with."""
        parts = re.sub(r"\.\w+$", "", path).split("/")
        names = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((self._package[name] for name in names if name in self._package), None)


def _unlisted(file: str) -> Layer:
    """The layer of a file that no table knows. Profiles of older versions lack the mark of the app's own files."""
    if file.startswith("<frozen "):
        return Layer.STDLIB
    if not file.endswith((".py", ".pyx")):
        return Layer.UNKNOWN
    if re.split(r"[/.]", file, maxsplit=1)[0] in sys.stdlib_module_names:
        return Layer.STDLIB
    return Layer.LIBRARY if "/" in file else Layer.APP


def _by_name(names: Mapping[Layer, tuple[str, ...]]) -> dict[str, Layer]:
    return {name: layer for layer, listed in names.items() for name in listed}


def _joined(
    some: Mapping[Layer, tuple[str, ...]], more: Mapping[Layer, tuple[str, ...]]
) -> Mapping[Layer, tuple[str, ...]]:
    """The second table decides: a name is in one layer only."""
    taken = _by_name(some) | _by_name(more)
    return {layer: tuple(name for name, one in taken.items() if one is layer) for layer in Layer}
