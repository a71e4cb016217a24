"""The reference session in one file: packed, checked, and damaged on purpose."""

import hashlib
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from stacklab.catalog import workspace
from stacklab.cli.main import run
from stacklab.store import bundle

REFERENCE = workspace.reference() / "results" / "reference"


@pytest.fixture(scope="module", name="archive")
def _archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    archive = tmp_path_factory.mktemp("bundle") / "reference.tar.gz"
    assert 0 == run(["bundle", str(REFERENCE), "-o", str(archive)])
    return archive


def packed_again(archive: Path, folder: Path, changed: Mapping[str, bytes]) -> Path:
    """The same bundle with other bytes in some files, and in the manifest only if it is among them."""
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    bundle.unpack(archive, unpacked)
    for name, content in changed.items():
        (unpacked / name).write_bytes(content)
    with tarfile.open(folder / "again.tar.gz", "w:gz") as tar:
        for path in sorted(unpacked.rglob("*")):
            if path.is_file():
                tar.add(path, path.relative_to(unpacked).as_posix())
    return folder / "again.tar.gz"


def test_a_bundle_is_verified_without_anything_else(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == run(["verify", str(archive)])
    assert "the page renders to the same bytes" in capsys.readouterr().out


def test_a_bundle_says_which_versions_every_stack_ran_with(archive: Path, tmp_path: Path) -> None:
    bundle.unpack(archive, tmp_path)

    lock = (tmp_path / "locks/gunicorn-sync-flask.txt").read_text().splitlines()

    assert lock[0].startswith("# CPython 3.")
    assert {"flask", "gunicorn"} <= {line.partition("==")[0].lower() for line in lock}
    assert (tmp_path / "workspace/targets/stacks/gunicorn-sync-flask.toml").is_file()
    assert (tmp_path / "session/reference/host.json").is_file()


def test_a_changed_byte_is_named(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = packed_again(archive, tmp_path, {"session/reference/host.json": b"{}"})

    assert 1 == run(["verify", str(changed)])
    assert [f"{changed}: session/reference/host.json was changed"] == capsys.readouterr().out.splitlines()


def test_a_page_that_its_rows_do_not_make_is_named(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with tarfile.open(archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json") or pytest.fail("there is no manifest"))
    nicer = b"<p>Ours is the fastest.</p>"
    manifest["files"]["page.html"] = hashlib.sha256(nicer).hexdigest()
    manifest["rendered_with"]["matplotlib"] = "1.0"
    forged = packed_again(archive, tmp_path, {"page.html": nicer, "manifest.json": json.dumps(manifest).encode()})

    assert 1 == run(["verify", str(forged)])
    said = capsys.readouterr().out
    assert "page.html is not what its rows render to" in said
    assert "matplotlib 1.0 there" in said
