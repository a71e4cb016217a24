"""What claims say of themselves: text, in which `code` stands between backticks."""

import re
from typing import Final

from markupsafe import Markup, escape

from stacklab.report.session.markdown import escaped

_CODE: Final = re.compile(r"`([^`]+)`")
_ESCAPED_CODE: Final = re.compile(r"\\`(.+?)\\`")


def as_html(text: str) -> Markup:
    """Escaped, with the code as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped here)


def as_markdown(text: str) -> str:
    """The same in one line; what stands between backticks is no markup there, and needs no escape."""
    return _ESCAPED_CODE.sub(lambda code: "`{}`".format(re.sub(r"\\(.)", r"\1", code[1])), escaped(text))
