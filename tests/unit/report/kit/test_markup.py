"""Code in the prose of claims is code on every page, and nothing else in it is markup."""

import pytest

from stacklab.report.kit.markdown import prose
from stacklab.report.kit.markup import as_html


@pytest.mark.parametrize(
    ("text", "html", "markdown"),
    [
        ("a_b is <b>", "a_b is &lt;b&gt;", r"a\_b is \<b\>"),
        ("`to_thread(<f>)` waits", "<code>to_thread(&lt;f&gt;)</code> waits", "`to_thread(<f>)` waits"),
        ("`a` and `b`", "<code>a</code> and <code>b</code>", "`a` and `b`"),
        ("one ` alone", "one ` alone", r"one \` alone"),
    ],
)
def test_only_what_stands_between_backticks_is_code(text: str, html: str, markdown: str) -> None:
    assert (html, markdown) == (as_html(text), prose(text))
