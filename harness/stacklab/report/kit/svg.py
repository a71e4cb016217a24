"""Inline SVG: what matplotlib writes becomes part of a page that has themes, several charts, and readers of all kinds.

Colours are drawn as marks and become CSS variables, so that one drawing serves light and dark. Identifiers get the
chart's name in front, because a page has one name space; those that nothing refers to are dropped.
"""

import re
from html import escape

INK, MUTED, GRID, PAPER, ACCENT, ACCENT_2, BAND = (f"#0a0b{i:02x}" for i in range(7))
SERIES = tuple(f"#0a0c{i:02x}" for i in range(8))
"""Eight colours of Okabe and Ito (2008), by theme; the style sheet holds the values."""

_VARIABLES = dict(
    zip(
        (INK, MUTED, GRID, PAPER, ACCENT, ACCENT_2, BAND, *SERIES),
        ("ink", "muted", "grid", "paper", "accent", "accent-2", "bar", *(f"series-{i}" for i in range(len(SERIES)))),
        strict=True,
    )
)
_MARK = re.compile(r"#0a0[bc][0-9a-f]{2}")
_NOISE = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|<style.*?</style>|font-family: [^;\"]+; ", flags=re.DOTALL)
"""Parts that a page states once for all its charts, or not at all."""
_TAG = re.compile(r"<[^>]+>")
"""matplotlib escapes the signs within attributes and texts."""
_ID = re.compile(r' id="([^"]+)"')
_REFERENCE = re.compile(r'(url\(#|href="#)([^")]+)')
_DECIMALS = re.compile(r"(\d\.\d\d)\d+")
"""A hundredth of a unit is finer than any screen."""


def inline(document: str, *, name: str, label: str) -> str:
    """Make matplotlib's SVG document an element of a page; a screen reader reads ``label``."""
    view_box = re.search(r'viewBox="([^"]+)"', document)
    if view_box is None:
        raise ValueError("not an SVG document of matplotlib: it has no viewBox")
    name = re.sub(r"[^\w-]", "-", name)
    body = _NOISE.sub("", document[document.index(">", view_box.end()) + 1 :])
    used = {reference for tag in _TAG.findall(body) for _, reference in _REFERENCE.findall(tag)}
    body = _TAG.sub(lambda tag: _themed(tag[0], used, name), body)
    body = re.sub(r">\s+<", "><", re.sub(r" *\n", " ", body)).replace("<defs></defs>", "")
    size = f'viewBox="{view_box[1]}" width="{view_box[1].split()[2]}"'
    return f'<svg class="chart" {size} role="img" aria-label="{escape(label)}">{body.strip()}'


def _themed(tag: str, used: set[str], name: str) -> str:
    """One tag. What stands between tags is text, names and versions among it, and stays as it is."""
    tag = tag.replace("xlink:href", "href")
    tag = _ID.sub(lambda found: _identity(found[1], used, name), tag)
    tag = _REFERENCE.sub(lambda found: f"{found[1]}{name}-{found[2]}", tag)
    tag = _MARK.sub(lambda found: f"var(--{_VARIABLES.get(found[0], 'ink')})", tag)
    return _DECIMALS.sub(r"\1", tag)


def _identity(identity: str, used: set[str], name: str) -> str:
    """A series keeps its number for highlighting; references keep working; the rest is noise."""
    if identity.startswith("series-"):
        return f' data-series="{identity.removeprefix("series-")}"'
    return f' id="{name}-{identity}"' if identity in used else ""
