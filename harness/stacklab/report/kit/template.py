"""Templates: filled here and nowhere else, with everything escaped."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
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

from stacklab.errors import UsageError
from stacklab.report.kit import markup, numbers
from stacklab.report.kit.seal import POLICY, sealed


def fill(
    template: str, *, templates: Path, filters: Mapping[str, Callable[..., Any]] = MappingProxyType({}), **context: Any
) -> str:
    """Fill one template of that folder, which may use these filters beside those of the kit.

    Raises:
        UsageError: the template, or a file that it includes, is missing or broken.
    """
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "embedded": embedded,
        "certain": numbers.certain,
        "interval": numbers.interval,
        "span": numbers.span,
        "listed": numbers.listed,
        "number": numbers.number,
        "percent": numbers.percent,
        "plain": numbers.plain,
        "prose": markup.as_html,
        "time": numbers.of_profile,
        **filters,
    }
    environment.globals |= {"asset": lambda name: _asset(templates / name), "drawn": Markup, "policy": POLICY}
    try:
        return sealed(environment.get_template(template).render(context))
    except TemplateNotFound as error:
        raise _missing(templates / str(error.name)) from error
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
    return UsageError(f"{path}: not found; start from a copy of stacklab's templates")
