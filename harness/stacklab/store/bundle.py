"""A bundle: a session in one archive, with what it was measured with and a digest of every file.

Rule 1: the same files make the same bytes, so that a bundle itself has a digest that can be published.
Rule 2: an archive is a stranger's. Only plain files are taken from it, none is written outside the folder that it is
        unpacked into, and no more than ``MOST_BYTES``.
"""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from stacklab.adapters import adapter_of
from stacklab.errors import UsageError
from stacklab.model.bundle import Manifest
from stacklab.store import documents

MANIFEST: Final = "manifest.json"
PAGE: Final = "page.html"
SESSION: Final = "session"
"""Folder of the session, below which it has its own name: the page shows it."""
WORKSPACE: Final = "workspace"
LOCKS: Final = "locks"

MOST_BYTES: Final = 64 * 2**30
MOST_FILES: Final = 1_000_000

LEFT_OUT: Final = ("__pycache__", ".draft")


def files_below(folder: Path) -> Iterator[Path]:
    """The plain files below a folder in the order of their names, without caches and half-written files."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not any(part.endswith(LEFT_OUT) for part in path.parts):
            yield path


def pack(archive: Path, contents: Mapping[str, Path | bytes], *, session: str, rendered_with: Mapping[str, str]) -> str:
    """Write the archive, by rename; ``contents`` are files or bytes by their path in it. Gives its SHA-256."""
    digests = {name: _digest(content) for name, content in sorted(contents.items())}
    manifest = Manifest(session=session, rendered_with=rendered_with, files=digests)
    draft = archive.with_name(f"{archive.name}.draft")
    with (
        draft.open("wb") as file,
        gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        _add(tar, MANIFEST, adapter_of(Manifest).dump_json(manifest, indent=1))
        for name, content in sorted(contents.items()):
            _add(tar, name, content)
    digest = _digest(draft)
    draft.replace(archive)
    return digest


def unpack(archive: Path, folder: Path) -> Manifest:
    """Write the files of the archive into an empty folder. Raises UsageError for what is not a bundle."""
    try:
        with tarfile.open(archive, "r:gz") as tar:
            _unpack(tar, archive, folder)
    except FileNotFoundError as error:
        raise UsageError(f"{archive}: not found") from error
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UsageError(f"{archive}: not a bundle, or a damaged one ({error})") from error
    found = folder / MANIFEST
    if not found.is_file():
        raise UsageError(f"{archive}: not a bundle (there is no {MANIFEST} in it)")
    try:
        manifest: Manifest = adapter_of(Manifest).validate_json(found.read_bytes())
    except ValueError as error:
        raise UsageError(f"{archive}: its {MANIFEST} cannot be read; was it edited?") from error
    if PurePosixPath(manifest.session).parts != (manifest.session,) or manifest.session == "..":
        raise UsageError(f"{archive}: {manifest.session!r} in its {MANIFEST} is no name of a session")
    return manifest


def faults(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What is not as the manifest of an unpacked bundle says, a sentence each."""
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    for name, digest in manifest.files.items():
        if name not in there:
            yield f"{name} is missing"
        elif _digest(folder / name) != digest:
            yield f"{name} was changed"
    for name in sorted(there - manifest.files.keys()):
        yield f"{name} was added"


def _add(tar: tarfile.TarFile, name: str, content: Path | bytes) -> None:
    entry = tarfile.TarInfo(name)
    if isinstance(content, bytes):
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
        return
    entry.size = content.stat().st_size
    with content.open("rb") as file:
        tar.addfile(entry, file)


def _unpack(tar: tarfile.TarFile, archive: Path, folder: Path) -> None:
    files = total = 0
    for entry in tar:
        path = PurePosixPath(entry.name)
        if not entry.isreg() or path.is_absolute() or ".." in path.parts:
            raise UsageError(f"{archive}: {entry.name!r} is no plain file inside a bundle")
        files, total = files + 1, total + entry.size
        if files > MOST_FILES or total > MOST_BYTES:
            raise UsageError(f"{archive}: it holds more than a session can")
        with documents.writing(folder, instead="free some space, or set TMPDIR"):
            tar.extract(entry, folder, filter="data")


def _digest(content: Path | bytes) -> str:
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
