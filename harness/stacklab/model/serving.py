"""The environment variables a server gets: its own, and nothing of the harness."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from stacklab.model.stack import Stack

SERVES = "STACKLAB_SERVES"
"""Tells an app which parts of the contract it is to serve, separated by commas; it loads nothing for the others."""

_OF_THE_HARNESS = (
    "ALL_PROXY",
    "DATABASE_POOL",
    "FORWARDED_ALLOW_IPS",
    "GUNICORN",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LOCUST",
    "OTEL_",
    "PYTHON",
    "STACKLAB_",
    "UVICORN",
    "VIRTUAL_ENV",
    "WEB_CONCURRENCY",
    "all_proxy",
    "http_proxy",
    "https_proxy",
)
"""Prefixes of variables that would change how a server runs without standing in its TOML."""


def server_environment(
    stack: Stack,
    python: Path,
    *,
    python_path: Sequence[Path],
    inherited: Mapping[str, str],
    backends: Mapping[str, str],
) -> dict[str, str]:
    """The variables of a server process: what is inherited, cleaned, with the stack's own on top.

    ``backends`` are those by which an app finds what it asks in its turn.
    """
    return {
        **python_environment(python, python_path=python_path, inherited=inherited),
        SERVES: ",".join(stack.serves),
        **backends,
        **stack.env,
    }


def python_environment(python: Path, *, python_path: Sequence[Path], inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables of any program in an environment: what is inherited, cleaned, and where modules are found."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(_OF_THE_HARNESS)}
    return kept | {
        "PATH": f"{python.parent}:{inherited.get('PATH', '')}",
        "PYTHONPATH": ":".join(map(str, python_path)),
        "PYTHONUNBUFFERED": "1",
    }
