import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from stacklab.errors import UsageError
from stacklab.model.bundle import Manifest
from stacklab.store import bundle

DIGEST = hashlib.sha256(b"<p>\n").hexdigest()


@pytest.fixture(name="archive")
def _archive(tmp_path: Path) -> Path:
    archive = tmp_path / "made.tar.gz"
    (tmp_path / "rows").write_bytes(bytes(range(256)))
    contents: dict[str, Path | bytes] = {"page.html": b"<p>\n", "session/one/rows": tmp_path / "rows"}
    bundle.pack(archive, contents, session="one", rendered_with={"stacklab": "1"})
    return archive


def made_of(archive: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(archive, "w:gz") as tar:
        for entry, content in entries:
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return archive


def manifest_of(**changed: object) -> bytes:
    whole = {"session": "one", "rendered_with": {}, "format_version": 1, "files": {"page.html": DIGEST}} | changed
    return json.dumps(whole).encode()


def unpacked(archive: Path, tmp_path: Path) -> tuple[Path, Manifest]:
    folder = tmp_path / "unpacked"
    folder.mkdir()
    return folder, bundle.unpack(archive, folder)


def test_what_was_packed_comes_out_and_has_no_faults(archive: Path, tmp_path: Path) -> None:
    folder, manifest = unpacked(archive, tmp_path)

    assert bytes(range(256)) == (folder / "session/one/rows").read_bytes()
    assert DIGEST == manifest.files["page.html"]
    assert [] == list(bundle.faults(folder, manifest))


def test_the_same_files_make_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    before = archive.read_bytes()

    digest = bundle.pack(
        archive, {"session/one/rows": tmp_path / "rows", "page.html": b"<p>\n"}, session="one",
        rendered_with={"stacklab": "1"},
    )  # fmt: skip

    assert before == archive.read_bytes()
    assert digest == hashlib.sha256(before).hexdigest()


def test_a_changed_a_missing_and_an_added_file_are_named(archive: Path, tmp_path: Path) -> None:
    folder, manifest = unpacked(archive, tmp_path)
    (folder / "page.html").write_bytes(b"<P>\n")
    (folder / "session/one/rows").rename(folder / "session/two")

    assert ["page.html was changed", "session/one/rows is missing", "session/two was added"] == list(
        bundle.faults(folder, manifest)
    )


@pytest.mark.parametrize("offset", [0, 3, 40, -30])
def test_a_byte_that_was_changed_in_the_archive_is_noticed(archive: Path, tmp_path: Path, offset: int) -> None:
    raw = bytearray(gzip.decompress(archive.read_bytes()))
    place = raw.find(bytes(range(256))) + (offset % 256)
    raw[place] ^= 1
    archive.write_bytes(gzip.compress(bytes(raw)))

    folder, manifest = unpacked(archive, tmp_path)

    assert ["session/one/rows was changed"] == list(bundle.faults(folder, manifest))


@pytest.mark.parametrize("name", ["../outside", "/outside", "session/../../outside"])
def test_nothing_is_written_outside(tmp_path: Path, name: str) -> None:
    archive = made_of(tmp_path / "evil.tar.gz", (tarfile.TarInfo(name), b"evil"))

    with pytest.raises(UsageError, match="is no plain file inside a bundle"):
        unpacked(archive, tmp_path)
    assert not [*tmp_path.glob("**/outside")]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    entry = tarfile.TarInfo("session/link")
    entry.type, entry.linkname = kind, "/etc/passwd"

    with pytest.raises(UsageError, match="'session/link' is no plain file inside a bundle"):
        unpacked(made_of(tmp_path / "evil.tar.gz", (entry, b"")), tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no archive", "not a bundle, or a damaged one"),
        (gzip.compress(b"no tar" * 500), "not a bundle, or a damaged one"),
        (gzip.compress(bytes(10240)), "there is no manifest.json in it"),
    ],
    ids=["text", "packed text", "an empty archive"],
)
def test_what_is_no_bundle_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "some.tar.gz").write_bytes(content)

    with pytest.raises(UsageError, match=reason):
        unpacked(tmp_path / "some.tar.gz", tmp_path)


def test_half_a_bundle_is_a_damaged_one(archive: Path, tmp_path: Path) -> None:
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])

    with pytest.raises(UsageError, match="not a bundle, or a damaged one"):
        unpacked(archive, tmp_path)


@pytest.mark.parametrize(
    "manifest",
    [b"{", b"[" * 5000, manifest_of(session="../../etc"), manifest_of(session=".."), manifest_of(files=[])],
    ids=["cut", "deep", "a path", "the folder above", "no mapping"],
)
def test_a_manifest_that_makes_no_sense_is_named(tmp_path: Path, manifest: bytes) -> None:
    archive = made_of(tmp_path / "evil.tar.gz", (tarfile.TarInfo("manifest.json"), manifest))

    with pytest.raises(UsageError, match=r"manifest\.json"):
        unpacked(archive, tmp_path)
