"""A page is sealed: its own policy names each script and each style sheet by hash, and no style stands in an attribute.

So whatever else got into it, by a fault in a template for example, no browser runs or obeys it (CSP level 3).
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Final

POLICY: Final = "@policy@"
"""Stands in a template where the policy belongs."""

DRAWN: Final = "/*drawn*/"
"""Stands in a style sheet where the styles of the drawings belong."""

_ELEMENT: Final = re.compile(r"<(script|style|pre)\b([^>]*)>(.*?)</\1>", re.DOTALL)
_INDENTED: Final = re.compile(r"\s*\n\s*")
_TAG: Final = re.compile(r"<[a-zA-Z][^<>]*>")
_STYLE: Final = re.compile(r' style="([^"]*)"')


def sealed(page: str) -> str:
    """The page with its styles in its style sheet, and with the policy that allows no others."""
    rules: dict[str, int] = {}
    page = "".join(_without_attributes(page, rules))
    page = page.replace(DRAWN, "".join(f'[data-s="{number}"]{{{rule}}}' for rule, number in rules.items()), 1)
    scripts, styles = _hashes(page, "script"), _hashes(page, "style")
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )
    return page.replace(POLICY, policy, 1)


def _without_attributes(page: str, rules: dict[str, int]) -> Iterator[str]:
    """The page in pieces; the same style gets the same number."""

    def moved(style: re.Match[str]) -> str:
        rule = ";".join(part.strip().replace(": ", ":") for part in style[1].split(";") if part.strip())
        return f' data-s="{rules.setdefault(rule, len(rules))}"' if rule else ""

    def clean(text: str) -> str:
        return _INDENTED.sub("\n", _TAG.sub(lambda tag: _STYLE.sub(moved, tag[0]), text))

    end = 0
    for element in _ELEMENT.finditer(page):
        yield clean(page[end : element.start()])
        yield element[0]
        end = element.end()
    yield clean(page[end:])


def _hashes(page: str, kind: str) -> str:
    """What runs or styles, by hash; data in a script element is neither."""
    found = [
        base64.b64encode(hashlib.sha256(element[3].encode()).digest()).decode()
        for element in _ELEMENT.finditer(page)
        if element[1] == kind and "type=" not in element[2]
    ]
    return " ".join(f"'sha256-{one}'" for one in dict.fromkeys(found)) or "'none'"
