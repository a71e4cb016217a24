"""The environment variables a server gets: its own, and nothing of the harness."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from stacklab.model.stack import Stack

SERVES = "STACKLAB_SERVES"
"""Tells an app which parts of the contract it is to serve, separated by commas; it loads nothing for the others."""

PADDING: Final = "STACKLAB_PADDING"

LONGEST_PADDING: Final = 4096
"""Bytes: a page, after which the effects of alignment repeat themselves."""

HASH_SEEDS: Final = 2**32
"""How many hash seeds CPython knows."""

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


def variables_by_chance(seed: int, name: str) -> dict[str, str]:
    """What differs from round to round, so that it becomes scatter instead of bias.

    The hash seed is that of the round, the same for all stacks, because it decides on the order of sets and on
    collisions. The length of the environment shifts the stack, which may change speed by percents (Mytkowicz and others
    2009, "Producing Wrong Data Without Doing Anything Obviously Wrong!"): every boot has its own.
    """
    chance = random.Random(f"{seed}/{name}")  # noqa: S311 (a size that can be reproduced, not a secret)
    return {"PYTHONHASHSEED": str(seed % HASH_SEEDS), PADDING: "x" * chance.randrange(LONGEST_PADDING)}


def python_environment(python: Path, *, python_path: Sequence[Path], inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables of any program in an environment: what is inherited, cleaned, and where modules are found."""
    kept = {name: value for name, value in inherited.items() if not name.startswith(_OF_THE_HARNESS)}
    return kept | {
        "PATH": f"{python.parent}:{inherited.get('PATH', '')}",
        "PYTHONPATH": ":".join(map(str, python_path)),
        "PYTHONUNBUFFERED": "1",
    }
