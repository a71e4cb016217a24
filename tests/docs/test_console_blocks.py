"""Commands that the documentation shows do run; those that are not run here are listed, with the reason."""

import re
import shlex
import shutil
import subprocess  # noqa: TID251 (the commands of a reader are run as a reader runs them)
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "CONTRIBUTING.md", ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
"""In such an order that there is a session before one is reported."""
BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)

_LONG: Final = "takes minutes"
_NOX: Final = "sessions of nox make environments of their own; CI runs them"
_INDEX: Final = "installs packages that the other tests do not need"
_APP: Final = "needs an app; the tests of processes bring some"
_REFERENCE: Final = "needs the session in results/reference and a browser"

NOT_RUN: Mapping[str, str] = {
    "python3 noxfile.py -s demo": _LONG,
    "python3 noxfile.py -s tests": "is what runs this test",
    "stacklab run --preset quick --stack 'gunicorn-*' --scenario json": _LONG,
    "stacklab profile --session latest --stack gunicorn-sync-flask --scenario json": "needs the session before it",
    "stacklab compare gunicorn-sync-flask gunicorn-gthread-flask": "needs a session of both",
    "stacklab count uvicorn-uvloop-starlette --scenario json --with uvicorn==0.30.6": _LONG,
    "stacklab compare uvicorn-uvloop-starlette uvicorn-uvloop-starlette+uvicorn==0.30.6": "needs the session before it",
    'stacklab compare BEFORE AFTER --fail-if "instructions > 1.01"': "needs two sessions",
    'stacklab capacity --stack \'uvicorn*\' --scenario json --slo "p99<25ms" --slo "errors<1%"': _LONG,
    'stacklab capacity --app shop.main:app --path /orders/42 --slo "p99<50ms" --budget 600': _APP,
    "stacklab run --app shop.main:app --path /orders/42": _APP,
    'stacklab run --app shop.main:app --path /orders/42 --weight 9 --path "POST /orders" --body @order.json': _APP,
    "stacklab run --app shop.main:app --requests access.log": _APP,
    "stacklab run --app shop.main:app --curl -": _APP,
    "stacklab run --app shop.main:app --path /orders --header @auth.headers": _APP,
    "stacklab check --app app.toml": _APP,
    "django-admin startproject shop .": "is run by the nox session of its recipe",
    "stacklab reproduce wellons-flood": _LONG,
    "stacklab doctor": "its exit code is what it thinks of the machine",
    "stacklab calibrate": _LONG,
    "nox -l": _NOX,
    'nox -s "bench(gunicorn-gevent-flask)"': _NOX,
    'nox -s "conform(gunicorn-gevent-flask)"': _NOX,
    "nox -s lint types": _NOX,
    "nox -s lint types tests": _NOX,
    "stacklab check granian-uvloop-starlette": _INDEX,
    "stacklab run --stack uvicorn-uvloop-starlette --scenario json --with uvicorn==0.30.6": _LONG,
    "stacklab run --stack uvicorn-uvloop-starlette --scenario json --python 3.11 --python 3.12 --python 3.13": _LONG,
    "stacklab run --stack gunicorn-gthread-flask --scenario json --vary workers=1,2 --vary threads=4,8": _LONG,
    "stacklab check gunicorn-sync-bare --python 3.13": "needs another interpreter",
    "stacklab run --stack gunicorn-sync-bare --scenario json --python ./venv/bin/python": "needs that environment",
    "stacklab report results/reference -o reports/reference.html": _REFERENCE,
}


def commands() -> Iterator[tuple[str, str]]:
    """(page, command) of each line that a reader may type."""
    for page in PAGES:
        for block in BLOCK.findall(page.read_text("utf-8")):
            yield from ((str(page.relative_to(ROOT)), line[2:]) for line in block.splitlines() if line.startswith("$ "))


def is_run(command: str) -> bool:
    return command not in NOT_RUN and not command.startswith("chromium ")  # the one command of docs/images/README.md


@pytest.fixture
def workspace_of_a_reader(tmp_path: Path) -> Path:
    """A workspace that holds what the pages say to write."""
    for name in ("targets", "scenarios"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for page in PAGES:
        for name, text in re.findall(r"<!-- file: (\S+) -->\n```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_commands_of_the_documentation_run(workspace_of_a_reader: Path) -> None:
    failed = {}
    for command in dict.fromkeys(command for _, command in commands() if is_run(command)):
        program, *words = shlex.split(command)
        done = subprocess.run(
            [sys.executable, "-m", program, *words],
            cwd=workspace_of_a_reader,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            failed[command] = done.stderr

    assert failed == {}


def test_the_list_of_commands_that_are_not_run_holds_no_others() -> None:
    assert NOT_RUN.keys() <= {command for _, command in commands()}


def test_every_command_that_is_run_is_one_of_stacklab() -> None:
    assert [command for _, command in commands() if is_run(command) and not command.startswith("stacklab ")] == []
