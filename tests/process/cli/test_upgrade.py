"""Upgrades as a user meets them: lock files, commits, gates that are proved, and a sentence for what is wrong."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import uv

from stacklab.effects.environments.versions import versions_between

SMALL = ("--rounds", "2", "--warmup", "0.2", "--measure", "0.5", "--no-instructions")
APP = """
import json
from planted_cheap import work as cheap
from planted_dear import work as dear

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    cheap(), dear()
    body = json.dumps({"orders": list(range(20))}).encode()
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""
MANY_TURNS = 20_000
"""Several times what the rest of a request takes, so that it shows in any round."""


def wheel(folder: Path, name: str, version: str, *, turns: int = 1) -> Path:
    """A package whose ``work`` takes so many turns of a loop."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"def work():\n    for _ in range({turns}):\n        pass\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{file},sha256={_digest(text)},{len(text)}" for file, text in files.items()]
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]))
    return path


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def stacklab(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stacklab", *words],
        cwd=cwd,
        env=os.environ | {"XDG_STATE_HOME": str(cwd / "state")},
        capture_output=True,
        text=True,
        timeout=270,
        check=False,
    )


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=a test", "-c", "user.email=test@example.org")
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(name="shop")
def _shop(tmp_path: Path) -> Path:
    """A folder with an app, an environment without packages, and two lock files."""
    subprocess.run([uv.find_uv_bin(), "venv", "--quiet", "--python", sys.executable, tmp_path / ".venv"], check=True)
    (tmp_path / "shop.py").write_text(APP)
    for name, turns in (("planted_cheap", 1), ("planted_dear", MANY_TURNS)):
        wheel(tmp_path, name, "1.0")
        wheel(tmp_path, name, "2.0", turns=turns)
    for lock, version in (("old.txt", "1.0"), ("new.txt", "2.0")):
        lines = [
            f"{name} @ {(tmp_path / f'{name}-{version}-py3-none-any.whl').as_uri()}"
            for name in ("planted_cheap", "planted_dear")
        ]
        (tmp_path / lock).write_text("\n".join(lines))
    return tmp_path


@pytest.mark.minutes
def test_a_lock_file_whose_package_is_dearer_fails_the_gate_and_is_bisected_to_it(shop: Path) -> None:
    asked = ("--app", "shop:app", "--path", "/", "--server", "uvicorn-asyncio", *SMALL)

    done = stacklab(
        *("upgrade", *asked, "--from", "old.txt", "--to", "new.txt", "--bisect"),
        *("--fail-if", "cpu > 1.05", "--junit", "gate.xml", "--format", "json", "-o", "upgrade.json"),
        cwd=shop,
    )

    assert (1, True) == (done.returncode, "2 packages differ:" in done.stderr), done.stderr
    assert "<failure" in (shop / "gate.xml").read_text()
    assert ["planted-dear"] == json.loads((shop / "upgrade.json").read_text())["bisection"]["culprits"], done.stderr


def test_two_commits_are_served_side_by_side_and_leave_no_worktree(shop: Path) -> None:
    (shop / ".gitignore").write_text("*\n!*.py\n")
    (shop / "shop.py").write_text(APP.replace("from planted_", "# from planted_").replace("cheap(), dear()", "pass"))
    git(shop, "init", "--quiet", "--initial-branch", "main")
    git(shop, "add", "--force", "shop.py")
    git(shop, "commit", "--quiet", "-m", "before")
    (shop / "shop.py").write_text((shop / "shop.py").read_text().replace("    pass\n", "    sum(range(20_000))\n"))
    git(shop, "commit", "--quiet", "-am", "after")

    done = stacklab(
        *("upgrade", "--app", "shop:app", "--path", "/", "--server", "uvicorn-asyncio", *SMALL),
        *("--git-ref", "main~1", "--fail-if", "cpu > 1.05"),
        cwd=shop,
    )

    assert 1 == done.returncode, done.stderr
    assert "uvicorn-asyncio,commit=main-1" in done.stdout
    assert 1 == len(git(shop, "worktree", "list").splitlines())


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "old.txt", "--to", "missing.txt"), "missing.txt: the lock file cannot be read"),
        (("--from", "old.txt", "--to", "old.txt"), "lock the same packages"),
        (("--git-ref", "main"), "belongs to no git repository"),
        (("--to", ">=1"), "--to: '>=1' is not a requirement"),
        (("--to-python", "3.99"), "there is no python3.99 on PATH"),
        (("--to", "planted==1", "--fail-if", "cpu > 50"), "50 is a ratio of B over A, and no plausible one"),
        (("--git-ref", "main", "--bisect"), "--bisect finds packages"),
        ((), "name what to upgrade"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(shop: Path, words: tuple[str, ...], says: str) -> None:
    done = stacklab("upgrade", "--app", "shop:app", "--path", "/", *words, cwd=shop)

    assert (2, True, 1) == (done.returncode, says in done.stderr, len(done.stderr.splitlines())), done.stderr


def test_versions_are_those_between_two_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("1.0", "1.1", "1.2", "1.10", "2.0rc1", "2.0"):
        wheel(tmp_path, "planted_dear", version)
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("UV_NO_INDEX", "1")

    assert ("1.1", "1.2", "1.10") == versions_between("planted-dear", "1.0", "2.0", python=Path(sys.executable))


@pytest.mark.minutes
def test_a_gate_is_proved_on_a_slowdown_that_nobody_could_miss(tmp_path: Path) -> None:
    done = stacklab("gate", "--prove", "--times", "1", "--slowdown", "90%", "--fail-if", "cpu > 1.2", cwd=tmp_path)

    proof = json.loads((tmp_path / "results" / "gate-proof.json").read_text())["record"]
    assert (0, ["fails"]) == (done.returncode, [trial["slowed"] for trial in proof["trials"]]), done.stderr
