"""The beginning of an error's body on one line: frameworks explain there what was wrong with a request."""

import re
from http import HTTPStatus
from typing import Final

from stacklab.model.fingerprint import unpacked
from stacklab.model.traffic.exchange import Response

SHOWN: Final = 300
"""Characters."""

READ: Final = 20_000
"""Bytes: a page of a debugger may have megabytes."""

MARKUP: Final = re.compile(
    r"<!--.*?-->|<(?P<kind>head|script|style)\b.*?</(?P=kind)>|</?[a-z!][^>]*>", re.DOTALL | re.IGNORECASE
)


def excerpt(response: Response) -> str:
    """``{"detail":"…`` of an error; nothing of another response, or where its body is not text."""
    if response.status < HTTPStatus.BAD_REQUEST:
        return ""
    text = unpacked(response.body, response.encoding)[:READ].decode(errors="replace")
    if "html" in response.headers.get("content-type", ""):
        text = MARKUP.sub(" ", text)
    text = " ".join(text.split())
    if not text.isprintable() or "\N{REPLACEMENT CHARACTER}" in text[:SHOWN]:
        return ""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
