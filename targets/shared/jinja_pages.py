"""The page by Jinja itself, for frameworks that bring no engine of their own."""

from jinja2 import Environment, FileSystemLoader  # noqa: TID251 (the harness has a door to it; this is no harness)

import pages

_engine = Environment(loader=FileSystemLoader(pages.TEMPLATES), autoescape=True)


def render_page() -> str:
    """Look the template up each time: the engine keeps it compiled, and sees whether the file has changed."""
    return _engine.get_template("fortunes.html").render(fortunes=pages.fortunes())
