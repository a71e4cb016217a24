"""HTML: one self-contained page that opens offline and fetches nothing."""

from dataclasses import replace
from pathlib import Path

from stacklab.report.page import TABLED_QUANTILES, page, quantile_table
from stacklab.report.template import fill
from stacklab.report.view import View


def render(view: View, *, templates: Path | None = None) -> str:
    """The page of one session. The same view gives the same bytes.

    Raises:
        UsageError: a template is missing or broken.
    """
    return fill(
        "page.html",
        templates=templates,
        view=view,
        page=page(view),
        # The stacks of the profiles are in the page already, as trees.
        data=replace(view, profiles=()),
        quantiles=TABLED_QUANTILES,
        quantile_table=quantile_table,
    )
