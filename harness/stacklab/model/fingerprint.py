"""What is kept of a body that was recorded: its length and a digest, never the body, which may be private.

Two bodies with one fingerprint are the same but for how they were packed, and for the parts that may vary.
"""

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, kw_only=True, slots=True)
class Fingerprint:
    """A body as it was first answered."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    sha256: str
    length: int
    """Bytes, unpacked."""
    vary: tuple[str, ...] = ()
    """Regular expressions of the parts that may differ from answer to answer."""

    def fits(self, body: bytes, *, encoding: str = "") -> bool:
        """Whether this body is the recorded one."""
        return self.sha256 == fingerprint(body, encoding=encoding, vary=self.vary).sha256


def fingerprint(body: bytes, *, encoding: str = "", vary: tuple[str, ...] = ()) -> Fingerprint:
    """The fingerprint of a body that came with this ``content-encoding``."""
    plain = unpacked(body, encoding)
    return Fingerprint(
        sha256=hashlib.sha256(without(plain, vary)).hexdigest(),
        length=len(plain),
        vary=vary,
    )


def unpacked(body: bytes, encoding: str) -> bytes:
    """The body without gzip or deflate: the time of packing and a salt may stand in it, so its bytes differ.

    What is packed otherwise, or not as it says, is left as it is.
    """
    try:
        match encoding.strip().lower():
            case "gzip" | "x-gzip":
                return gzip.decompress(body)
            case "deflate":
                return zlib.decompress(body)
    except (OSError, EOFError, zlib.error):
        return body
    return body


def without(body: bytes, vary: Iterable[str]) -> bytes:
    """The body without the parts that may vary."""
    for expression in vary:
        body = re.sub(expression.encode(), b"", body)
    return body
