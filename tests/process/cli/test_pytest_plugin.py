"""The pytest plugin as a project meets it: an app that is served, and promises that hold, fail, or cannot be told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

APP = """
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"42"})
"""
TESTS = """
import pytest

@pytest.mark.promise(rss_mib=100_000, rounds=2, seconds=0.5)
def test_holds(stack):
    assert b"42" == stack("shop:app", "/", server="uvicorn-asyncio").get("/")

@pytest.mark.promise(rss_mib=1, rounds=2, seconds=0.5)
def test_fails(stack):
    stack("shop:app", "/", server="uvicorn-asyncio")

@pytest.mark.promise(rss_mib=1, rounds=1, seconds=0.5)
def test_cannot_be_told(stack):
    stack("shop:app", "/", server="uvicorn-asyncio")

@pytest.mark.promise(rss_mib=1)
def test_that_fails_by_itself_is_not_measured(stack):
    assert False

@pytest.mark.promise(p98_ms=1)
def test_of_a_wrong_name(stack):
    pass
"""


def checked(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "shop.py").write_text(APP)
    (folder / "test_shop.py").write_text(TESTS)
    loaded = ("-p", "no:randomly", "-W", "error", "-rA", "--strict-markers")
    return subprocess.run(
        [sys.executable, "-m", "pytest", *loaded, *words, str(folder)],
        cwd=folder,
        env=os.environ | {"COLUMNS": "200"},  # the last lines of a report are cut to it
        capture_output=True,
        text=True,
        timeout=270,
        check=False,
    )


@pytest.fixture(name="said", scope="module")
def _said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return checked(tmp_path_factory.mktemp("shop"), "--stacklab").stdout.splitlines()


@pytest.mark.parametrize(
    "line",
    [
        "PASSED test_shop.py::test_holds",
        "FAILED test_shop.py::test_fails - Failed: rss <= 1 MiB fails for uvicorn-asyncio under own:",
        "XFAIL test_shop.py::test_cannot_be_told - rss <= 1 MiB cannot tell for uvicorn-asyncio under own:",
        "FAILED test_shop.py::test_that_fails_by_itself_is_not_measured - assert False",
        "FAILED test_shop.py::test_of_a_wrong_name - Failed: promise: 'p98_ms' is none of p50_ms",
    ],
)
def test_a_promise_passes_fails_or_is_expected_to_fail_with_its_reason(said: list[str], line: str) -> None:
    assert any(one.startswith(line) for one in said), "\n".join(said)


def test_without_the_option_the_app_is_served_and_nothing_is_measured(tmp_path: Path) -> None:
    done = checked(tmp_path, "-k", "test_holds or test_fails or test_cannot")

    assert (0, True) == (done.returncode, "3 passed" in done.stdout), done.stdout
