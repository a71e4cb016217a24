"""How two responses to one request differ, and what one would have to say if they may."""

import re
import shlex
from typing import Final

from stacklab.model.fingerprint import unpacked, without
from stacklab.model.traffic.exchange import Response, telling_headers

AROUND: Final = 16
"""Bytes shown, and matched, on either side of what differs."""

SUGGESTED: Final = 60
"""Of a longer difference no expression is suggested: too much else would match it."""


def difference(first: Response, other: Response, *, vary: tuple[str, ...] = (), any_body: bool = False) -> str | None:
    """Where the other answer differs from the first, in words; None where it does not."""
    if other.status != first.status:
        return f"its status is {other.status} and was {first.status}"
    was, is_ = telling_headers(first), telling_headers(other)
    for name in sorted(was.keys() | is_.keys()):
        if name == "location" and any_body:
            continue
        values = [without(told.get(name, "missing").encode(), vary) for told in (was, is_)]
        if values[0] != values[1]:
            return f"its header {name} is {is_.get(name, 'missing')!r} and was {was.get(name, 'missing')!r}"
    if any_body:
        return None
    return _bodies(*(without(unpacked(answer.body, answer.encoding), vary) for answer in (first, other)))


def _bodies(was: bytes, is_: bytes) -> str | None:
    if was == is_:
        return None
    at, end = _differing(was, is_)
    shown = [f"{body[max(0, at - AROUND) : at + AROUND]!r}" for body in (is_, was)]
    return f"its body differs from byte {at} on: {shown[0]} and was {shown[1]}{_suggestion(was, is_, at, end)}"


def _differing(was: bytes, is_: bytes) -> tuple[int, int]:
    """Where the difference begins, and how many bytes are the same again at the end."""
    at = _alike(was, is_)
    return at, min(_alike(was[::-1], is_[::-1]), min(len(was), len(is_)) - at)


def _alike(one: bytes, other: bytes) -> int:
    """How many bytes are the same at the beginning."""
    differing = (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(differing, min(len(one), len(other)))


def _suggestion(was: bytes, is_: bytes, at: int, end: int) -> str:
    """An expression that would match it: what stands before, and anything up to what stands behind."""
    longest = max(len(was), len(is_)) - at - end
    line = was[max(0, at - AROUND) : at].rpartition(b"\n")[2]
    before = re.sub(rb"\w+$", b"", line)  # of 21 and 22, the 2 is the same by chance
    behind = was[len(was) - end :][:1]
    if longest > SUGGESTED or not before or not behind.isascii():
        return ""
    try:
        varying = f"[^{re.escape(behind.decode())}]*" if behind else ".*"
        expression = (re.escape(before.decode()) + varying).replace("\\ ", " ")
    except UnicodeDecodeError:
        return ""
    return f" (--vary-body {shlex.quote(expression)} would allow it)"
