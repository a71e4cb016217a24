"""An app is served by the version of the server that its environment holds, old or new: real versions, one by one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import uv

UVICORN = "0.20.0 0.22.0 0.23.2 0.25.0 0.27.1 0.30.6 0.32.1 0.34.3 0.35.0 0.38.0 0.42.0 0.46.0 0.50.2 0.54.0"
GUNICORN = "20.0.4 20.1.0 21.2.0 22.0.0 23.0.0 24.0.0 24.1.1 25.0.3 25.1.0 25.2.0 25.3.0 26.0.0 26.2.0 27.0.1"
HYPERCORN = "0.13.2 0.14.4 0.15.0 0.16.0 0.17.3 0.18.0"
GRANIAN = "1.0.2 1.2.3 1.3.2 1.4.4 1.6.4 1.7.6 2.0.1 2.2.6 2.4.2 2.6.1 2.7.9 2.8.9"
DAPHNE = "3.0.2 4.0.0 4.1.2 4.2.3"

TABLE: dict[str, tuple[str, str]] = {
    "uvicorn-asyncio": ("uvicorn", UVICORN),
    "uvicorn-uvloop": ("uvicorn", UVICORN),
    "gunicorn-sync": ("gunicorn", GUNICORN),
    "gunicorn-gthread": ("gunicorn", GUNICORN),
    "gunicorn-asgi-asyncio": ("gunicorn", GUNICORN),
    "gunicorn-uvicorn": ("uvicorn", UVICORN),
    "hypercorn-asyncio": ("hypercorn", HYPERCORN),
    "granian-asgi": ("granian", GRANIAN),
    "granian-wsgi": ("granian", GRANIAN),
    "daphne": ("daphne", DAPHNE),
}
"""By server: the package whose versions are tried, and these."""

PLAIN_WSGI = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""

OF_WSGI = {"gunicorn-sync", "gunicorn-gthread", "granian-wsgi"}

FEW = {"uvicorn-asyncio 0.20.0", "uvicorn-uvloop 0.34.3", "gunicorn-gthread 20.1.0", "gunicorn-asgi-asyncio 23.0.0"} | {
    "granian-asgi 1.7.6"
}
"""In every test run: those that some option of today's command line is unknown to."""

NEEDS = {
    **dict.fromkeys(("gunicorn 20.0.4", "gunicorn 20.1.0"), ("setuptools<81",)),
    "granian 1.2.3": ("click<8.2",),
}
"""What the version itself needs and does not say: pkg_resources, and a click that its typer knows."""

REFUSED = {
    f"gunicorn-asgi-asyncio {version}": f"gunicorn {version} does not know --worker-class asgi, which came with "
    "gunicorn 24.0"
    for version in ("20.0.4", "20.1.0", "21.2.0", "22.0.0", "23.0.0")
}
"""Versions that cannot host an app so, and what is said of them."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    every = [(server, version) for server, (_, versions) in TABLE.items() for version in versions.split()]
    if not metafunc.config.getoption("--all-versions", default=False):
        every = [one for one in every if " ".join(one) in FEW]
    metafunc.parametrize(("server", "version"), every, ids=list(map(" ".join, every)))


@pytest.fixture(name="folder")
def _folder(server: str, version: str, tmp_path: Path, programs: Path) -> Path:
    """An app, and its environment with that version of the server in it."""
    package, _ = TABLE[server]
    python = tmp_path / ".venv" / "bin" / "python"
    requirements = (f"{package}=={version}", *NEEDS.get(f"{package} {version}", ()))
    made = [uv.find_uv_bin(), "--quiet", "venv", "--python", sys.executable, str(tmp_path / ".venv")]
    subprocess.run(made, check=True)
    subprocess.run([uv.find_uv_bin(), "--quiet", "pip", "install", "--python", python, *requirements], check=True)
    shutil.copy(programs / "apps" / "brought_asgi.py", tmp_path)
    (tmp_path / "plain_wsgi.py").write_text(PLAIN_WSGI)
    return tmp_path


def test_an_app_is_served_by_the_version_of_its_environment(server: str, version: str, folder: Path) -> None:
    app = "plain_wsgi:app" if server in OF_WSGI else "brought_asgi:app"
    done = subprocess.run(
        [sys.executable, "-m", "stacklab", "check", "--app", app, "--path", "/", "--server", server],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    refused = REFUSED.get(f"{server} {version}")
    said = done.stdout + done.stderr
    assert (0 if refused is None else 2, True) == (done.returncode, (refused or "GET /: 200") in said), said
