"""Plants a difference of known size into a stack: a workspace in which its app has a loop, or stalls.

A planted stack is a copy of an original that waits, before each request, for so many turns of an empty loop, and before
one request in so many for 10 ms.
"""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from stacklab.catalog import workspace
from stacklab.units import NS_PER_US

ORIGINAL = "planted-not"
"""The name of the original among the planted stacks."""

FAMILIES = {
    "sync": "gunicorn-sync-flask",
    "gthread": "gunicorn-gthread-flask",
    "gevent": "gunicorn-gevent-flask",
    "asyncio": "uvicorn-asyncio-starlette",
    "uvloop": "uvicorn-uvloop-starlette",
    "FastAPI threads": "uvicorn-uvloop-fastapi-threads",
    "two workers": "uvicorn-uvloop-starlette",
}
"""A stack of every kind."""

WORKERS = {"two workers": 2}

_HEAD = '''"""The original app, a loop before each request, and a stall before one request in so many."""

import os
import time

from {module} import app as original

TURNS = int(os.environ["PLANTED_TURNS"])
STALL_EVERY = int(os.environ["PLANTED_STALL_EVERY"])
served = 0


def planted():
    global served
    served += 1
    for _ in range(TURNS):
        pass
    if STALL_EVERY and served % STALL_EVERY == 0:
        time.sleep(0.01)


'''
_ASGI = """async def app(scope, receive, send):
    planted()
    await original(scope, receive, send)
"""
_WSGI = """def app(environ, start_response):
    planted()
    return original(environ, start_response)
"""


@dataclass(frozen=True, slots=True)
class Planting:
    """A workspace in which a stack can be planted into."""

    place: Path
    stack: str

    def prepare(self) -> None:
        """Copy the catalogue, wrap the app, and add the original."""
        for name in ("targets", "scenarios"):
            shutil.copytree(
                workspace.reference() / name, self.place / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        text = self._file(self.stack).read_text()
        if "\nenv = " in text:
            raise SystemExit(f"{self.stack} has an environment of its own; choose another stack")
        app = next(line for line in text.splitlines() if line.startswith("app = ")).split('"')[1]
        folder, _, module = app.removesuffix(":app").rpartition("/")
        wrapped = _HEAD.format(module=module) + (_ASGI if 'interface = "asgi"' in text else _WSGI)
        (self.place / f"targets/apps/{folder}/planted_app.py").write_text(wrapped)
        self._template.write_text(text.replace(f'"{app}"', f'"{folder}/planted_app:app"'))
        self.plant(ORIGINAL)

    def plant(self, name: str, *, turns: int = 0, stall_every: int = 0) -> None:
        """Add a stack that differs from the original by this alone."""
        variables = f'env = {{ PLANTED_TURNS = "{turns}", PLANTED_STALL_EVERY = "{stall_every}" }}\n'
        self._file(name).write_text(variables + self._template.read_text())

    @property
    def _template(self) -> Path:
        return self.place / "template.toml"

    def _file(self, name: str) -> Path:
        return self.place / f"targets/stacks/{name}.toml"


def turn_us(turns: int = 1_000_000) -> float:
    """CPU time of one turn of an empty loop in this interpreter, undisturbed: the least of many tries."""

    def once() -> int:
        started_ns = time.process_time_ns()
        for _ in range(turns):
            pass
        return time.process_time_ns() - started_ns

    return min(once() for _ in range(50)) / turns / NS_PER_US
