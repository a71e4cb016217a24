"""The page of a session, for the verbs that need its bytes, and the versions that decide them."""

import platform
from collections.abc import Mapping
from importlib.metadata import version

from stacklab.catalog.workspace import Workspace
from stacklab.report.session import html
from stacklab.report.session.view import build_view
from stacklab.store.session import StoredSession
from stacklab.version import __version__

LIBRARIES = ("jinja2", "matplotlib", "numpy", "scipy")


def render_page(session: StoredSession, workspace: Workspace) -> str:
    """The page as `stacklab report` writes it."""
    return html.render(build_view(session), templates=workspace.templates)


def rendered_with() -> Mapping[str, str]:
    """The version of each program that has a say in the bytes of a page."""
    libraries = {name: version(name) for name in LIBRARIES}
    return {"stacklab": __version__, "Python": platform.python_version(), **libraries}
