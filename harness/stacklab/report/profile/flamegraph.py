"""A profile on a page of its own."""

from pathlib import Path

from stacklab.report.kit.template import fill
from stacklab.report.profile.block import ProfileBlock


def standalone(block: ProfileBlock, *, templates: Path) -> str:
    """One self-contained page with the interactive flamegraph, its layers and its top functions."""
    return fill("flame.html", templates=templates, block=block)
