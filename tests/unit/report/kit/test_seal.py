"""A sealed page runs and obeys what it was sealed with, and nothing else."""

import base64
import hashlib
import re

from stacklab.report.kit.seal import DRAWN, POLICY, sealed

PAGE = f"""<html><head><meta content="{POLICY}"><style>a {{}}
{DRAWN}</style></head>
<body style="color: red"><p style="color: red">style="x"</p><i style="left: 1px; top: 2px">a &lt;i style="y"&gt;</i>
<script type="application/json">{{"a": "<i style='z'>"}}</script>
<script>go("<b style=\\"q\\">")</script></body></html>"""


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_scripts_and_styles_are_allowed_by_their_hashes_alone() -> None:
    page = sealed(PAGE)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)

    assert f"script-src {digest(script)}; style-src {digest(style)};" in page
    assert "unsafe" not in page
    assert "base-uri 'none'; form-action 'none'" in page


def test_styles_of_elements_move_into_the_style_sheet_and_texts_stay() -> None:
    page = sealed(PAGE)

    assert '[data-s="0"]{color:red}[data-s="1"]{left:1px;top:2px}' in page
    assert '<body data-s="0"><p data-s="0">style="x"</p><i data-s="1">a &lt;i style="y"&gt;</i>' in page
    assert """{"a": "<i style='z'>"}""" in page


def test_a_page_without_scripts_allows_none() -> None:
    assert "script-src 'none'; style-src 'none'" in sealed(f"<meta content='{POLICY}'>")
