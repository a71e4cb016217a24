"""The versions of a package between two others, as the installer's own indexes have them."""

from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from stacklab.effects.environments.environment import run_uv
from stacklab.effects.environments.folders import scratch

MOST: Final = 60
"""Versions that are looked up: halving them takes six measurements."""


def versions_between(package: str, older: str, newer: str, *, python: Path) -> tuple[str, ...]:
    """Those above ``older`` and below ``newer`` that this interpreter can install, ascending; the newest ``MOST``.

    uv lists no versions, so it is asked again and again for the newest one below the last.
    """
    found: list[str] = []
    below = newer
    while len(found) < MOST:
        version = _newest(f"{package}>{older},<{below}", python)
        if version is None:
            break
        found.append(version)
        below = version
    return tuple(reversed(found))


def _newest(requirement: str, python: Path) -> str | None:
    with scratch() as folder:
        asked = folder / "asked.txt"
        asked.write_text(requirement)
        resolved = run_uv(
            *("pip", "compile", "--quiet", "--no-header", "--no-annotate", "--no-deps", "--python", str(python)),
            str(asked),
        )
    if resolved.returncode != 0:
        return None
    lines = [line.strip() for line in resolved.output.splitlines() if "==" in line]
    return next((str(one.specifier).removeprefix("==") for one in map(Requirement, lines)), None)
