"""HTML: one self-contained page that opens offline and fetches nothing."""

from pathlib import Path

from markupsafe import Markup, escape

from stacklab.analysis.metrics import BY_STEP
from stacklab.model.measured.verdict import Estimate
from stacklab.report.capacity import words
from stacklab.report.claims.diagram import timeline
from stacklab.report.claims.words import FILTERS, MEANINGS
from stacklab.report.kit.canvas import cut
from stacklab.report.kit.json import rounded
from stacklab.report.kit.numbers import NO_NUMBER, certain, difference
from stacklab.report.kit.template import fill
from stacklab.report.session.json import document
from stacklab.report.session.page import TABLED_QUANTILES, page, quantile_table
from stacklab.report.session.view import View
from stacklab.report.session.words.headline import answer
from stacklab.report.session.words.routes import FAILURE_HEADS, ROUTE_HEADS, ROUTE_METRICS
from stacklab.report.session.words.steps import HEADS
from stacklab.report.session.words.verdicts import Name, Sentence


def _marked(sentence: Sentence) -> Markup:
    """A sentence, escaped, with the names of stacks set off."""
    pieces = (f"<b><bdi>{escape(one)}</bdi></b>" if isinstance(one, Name) else escape(one) for one in sentence)
    return Markup("".join(pieces))  # noqa: S704 (escaped here)


def _difference(relative: float | None) -> str:
    return NO_NUMBER if relative is None else difference(relative)


def _at_least(bound: bool, found: Estimate | None) -> str:
    return certain(found, at_least=bound)


def render(view: View, *, templates: Path) -> str:
    """The page of one session. The same view gives the same bytes.

    Raises:
        UsageError: a template is missing or broken.
    """
    # What `stacklab report --format json` gives, for whoever has nothing but the page.
    data = rounded(document(view))
    if view.claims:
        return fill(
            "claims.html",
            templates=templates,
            filters=FILTERS,
            view=view,
            data=data,
            answer=answer(view),
            meanings=MEANINGS,
            timelines={
                one.claim.name: timeline(one.claim.drawing, label=one.claim.drawing.caption)
                for one in view.claims
                if one.claim.drawing is not None
            },
        )
    return fill(
        "page.html",
        templates=templates,
        filters={"marked": _marked, "cut": cut, "difference": _difference, "at_least": _at_least},
        view=view,
        data=data,
        page=page(view),
        quantiles=TABLED_QUANTILES,
        quantile_table=quantile_table,
        capacity_heads=words.HEADS,
        capacity_numbers=words.NUMBERS,
        capacity_explained=words.EXPLAINED,
        route_heads=ROUTE_HEADS,
        route_metrics=ROUTE_METRICS,
        failure_heads=FAILURE_HEADS,
        step_heads=HEADS,
        step_metrics=BY_STEP,
    )
