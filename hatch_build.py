"""Adds the reference workspace to standard wheels, so that an installed stacklab has stacks and scenarios.

A static force-include would leave a stale copy behind in editable installs.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WorkspaceHook(BuildHookInterface):  # type: ignore[type-arg]  # the generic parameter is not public
    """Puts ``targets``, ``scenarios`` and the page templates under ``stacklab/_workspace``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Leave editable installs alone: they read the workspace where it lies."""
        if version == "standard":
            for folder in ("targets", "scenarios", "reports/templates"):
                build_data["force_include"][folder] = f"stacklab/_workspace/{folder}"
