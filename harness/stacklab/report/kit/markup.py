"""Text in which `code` stands between backticks, as HTML."""

import re
from typing import Final

from markupsafe import Markup, escape

_CODE: Final = re.compile(r"`([^`]+)`")


def as_html(text: str) -> Markup:
    """Escaped, with the code as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped here)
