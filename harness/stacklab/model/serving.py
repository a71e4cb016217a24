"""The environment variables a server gets: its own, and nothing of the harness."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from stacklab.model.stack import Stack

_OF_THE_HARNESS = (
    "FORWARDED_ALLOW_IPS",
    "GUNICORN",
    "LOCUST",
    "OTEL_",
    "PYTHON",
    "UVICORN",
    "VIRTUAL_ENV",
    "WEB_CONCURRENCY",
)
"""Prefixes of variables that would change how a server runs without standing in its TOML."""


def server_environment(
    stack: Stack, python: Path, *, python_path: Sequence[Path], inherited: Mapping[str, str]
) -> dict[str, str]:
    """The variables of a server process: what is inherited, cleaned, with the stack's own on top."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(_OF_THE_HARNESS)}
    return kept | {
        "PATH": f"{python.parent}:{inherited.get('PATH', '')}",
        "PYTHONPATH": ":".join(map(str, python_path)),
        "PYTHONUNBUFFERED": "1",
        **stack.env,
    }
