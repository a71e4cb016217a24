"""Names and texts that others wrote: what a name may be, and what of a text reaches a terminal or a page."""

import re
import unicodedata
from typing import Final

MOST_LETTERS: Final = 150
"""Of a name: variants have long ones, and with ``~again`` behind it a name is still that of a folder."""

_MOST_BYTES: Final = 200
"""A file system allows 255."""

_TERMINAL_SEQUENCE: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])")
"""ECMA-48: colours and cursor movements, whole orders to a terminal (OSC), and two-letter escapes."""

_UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters but tab and newline, marks that reverse or hide text, and halves of surrogate pairs."""


def fault_of_name(name: str) -> str | None:
    """Why this cannot be the name of a stack, a scenario, a claim or an arm; None for a good one.

    Names become folders of a session, so each is one component of a path, and shows as it is.
    """
    if not name or name in {".", ".."}:
        return "it names no folder"
    if len(name) > MOST_LETTERS:
        return f"it has {len(name)} letters, and {MOST_LETTERS} are the most"
    if len(name.encode(errors="replace")) > _MOST_BYTES:
        return f"it has more than {_MOST_BYTES} bytes"
    if "/" in name or "\\" in name:
        return "it is a path"
    if _UNKNOWN in name or any(unicodedata.category(letter).startswith("C") for letter in name):
        return "it has letters that do not show"
    return None


def shown(text: str) -> str:
    """The text as it may be shown: without orders to a terminal, and with a mark for each letter that does not show."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub(_UNKNOWN, _TERMINAL_SEQUENCE.sub("", text))
