"""A profile as files that other programs read: folded stacks, speedscope, and pprof (Go's tool, Pyroscope).

Each holds processor time per request in nanoseconds, or samples where a profile has no more.
"""

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from stacklab.analysis.profiles.samples import CallStack

_FRAME: Final = re.compile(r"^(?P<function>.*) \((?P<file>[^()]*)\)$")

UNITS: Final = {"ns": ("cpu_per_request", "nanoseconds"), "samples": ("samples", "count")}
"""What pprof calls them: a type and a unit."""


def files(stacks: Mapping[CallStack, float], *, title: str, unit: str) -> Mapping[str, bytes]:
    """The files by their names."""
    whole = {stack: round(value) for stack, value in sorted(stacks.items()) if round(value) > 0}
    return {
        "profile.folded": folded(whole).encode(),
        "speedscope.json": speedscope(whole, title=title, unit=unit).encode(),
        "profile.pb.gz": pprof(whole, unit=unit),
    }


def folded(stacks: Mapping[CallStack, int]) -> str:
    """One stack a line, outermost frame first, then its value: what flamegraph.pl and inferno read."""
    return "".join(f"{';'.join(stack)} {value}\n" for stack, value in stacks.items())


def speedscope(stacks: Mapping[CallStack, int], *, title: str, unit: str) -> str:
    """A document for speedscope.app."""
    index = {frame: number for number, frame in enumerate(_frames(stacks))}
    document = {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": "stacklab",
        "name": title,
        "shared": {"frames": [dict(zip(("name", "file"), _parts(frame), strict=True)) for frame in index]},
        "profiles": [
            {
                "type": "sampled",
                "name": title,
                "unit": "nanoseconds" if unit == "ns" else "none",
                "startValue": 0,
                "endValue": sum(stacks.values()),
                "samples": [[index[frame] for frame in stack] for stack in stacks],
                "weights": list(stacks.values()),
            }
        ],
    }
    return json.dumps(document, separators=(",", ":"))


def pprof(stacks: Mapping[CallStack, int], *, unit: str) -> bytes:
    """The protocol buffer of google/pprof's profile.proto, compressed. The same stacks give the same bytes."""
    texts: dict[str, int] = {"": 0}

    def text(value: str) -> int:
        return texts.setdefault(value, len(texts))

    numbers = {frame: number for number, frame in enumerate(_frames(stacks), start=1)}
    body = _message(1, _number(1, text(UNITS[unit][0])) + _number(2, text(UNITS[unit][1])))
    for stack, value in stacks.items():
        innermost_first = b"".join(_varint(numbers[frame]) for frame in reversed(stack))
        body += _message(2, _message(1, innermost_first) + _message(2, _varint(value)))
    for frame, number in numbers.items():
        function, file = _parts(frame)
        body += _message(4, _number(1, number) + _message(4, _number(1, number)))
        body += _message(5, _number(1, number) + _number(2, text(function)) + _number(4, text(file)))
    body += b"".join(_message(6, one.encode()) for one in texts)
    return gzip.compress(body, mtime=0)


def _frames(stacks: Iterable[CallStack]) -> Iterator[str]:
    """Every frame once, in the order in which they come."""
    return iter(dict.fromkeys(frame for stack in stacks for frame in stack))


def _parts(frame: str) -> tuple[str, str]:
    found = _FRAME.match(frame)
    return (found["function"], found["file"]) if found else (frame, "")


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*encoded, value))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _message(field: int, content: bytes) -> bytes:
    """A field that says how long it is: a message, a text, or numbers that are packed."""
    return _varint(field << 3 | 2) + _varint(len(content)) + content
