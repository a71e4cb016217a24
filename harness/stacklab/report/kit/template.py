"""Templates: filled here and nowhere else, with everything escaped."""

from pathlib import Path
from typing import Any

from jinja2 import (  # noqa: TID251 (this module is the one door to jinja2)
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
)
from markupsafe import Markup
from pydantic_core import to_json

from stacklab.catalog.workspace import reference
from stacklab.errors import UsageError
from stacklab.report.claims import rule_words, words
from stacklab.report.kit import markup, numbers


def fill(template: str, *, templates: Path | None = None, **context: Any) -> str:
    """Fill one template of the folder, by default the one that comes with stacklab.

    Raises:
        UsageError: the template, or a file that it includes, is missing or broken.
    """
    folder = templates or reference() / "reports" / "templates"
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "ablation": words.ablation_in_words,
        "embedded": embedded,
        "flip": words.flip_in_words,
        "found": words.found_in_words,
        "interval": numbers.interval,
        "listed": numbers.listed,
        "number": numbers.number,
        "original": words.original_in_words,
        "percent": numbers.percent,
        "plain": numbers.plain,
        "prose": markup.as_html,
        "remarks": words.remarks,
        "rule": rule_words.rule_in_words,
    }
    environment.globals |= {"asset": lambda name: _asset(folder / name), "drawn": Markup}
    try:
        return environment.get_template(template).render(context)
    except TemplateNotFound as error:
        raise _missing(folder / str(error.name)) from error
    except TemplateSyntaxError as error:
        raise UsageError(f"{error.filename}, line {error.lineno}: {error.message}") from error


def embedded(value: object) -> Markup:
    """JSON for a script element: without ``<`` nothing in it can end the element or begin another."""
    return Markup(to_json(value, inf_nan_mode="null").decode().replace("<", "\\u003c"))  # noqa: S704 (escaped here)


def _asset(path: Path) -> Markup:
    """A style sheet or script of ours, put into the page as it is."""
    try:
        return Markup(path.read_text(encoding="utf-8"))  # noqa: S704 (our own file, never data)
    except FileNotFoundError as error:
        raise _missing(path) from error


def _missing(path: Path) -> UsageError:
    return UsageError(f"{path}: not found; copy the templates of stacklab, then change what you need")
