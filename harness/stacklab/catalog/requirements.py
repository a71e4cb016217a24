"""Requirements as people write them: which package each is about, a word for it in a name, and what may be kept."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

_NEXT: Final = re.compile(r"(?<![@;<>=!~(,\s])(?:\s*,\s*|\s+)(?=[A-Za-z]|\.{0,2}/|~/)(?![^\[]*\])")
"""What stands between two requirements: commas and blanks, but not those inside one (``a >=1, <2``, ``a[b,c]``)."""

_PATH: Final = re.compile(r"\.{0,2}/|~/|\.{1,2}$")

_OPERATORS: Final = {"==": "==", "===": "==", "!=": "_not_", "~=": "_near_", "<": "_lt_", "<=": "_le_", ">": "_gt_"} | {
    ">=": "_ge_"
}
"""For names, which are folders too: not every system has ``<`` and ``>`` in those."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """One requirement that is to stand in the place of another."""

    package: str
    """Its normalised name."""
    extras: frozenset[str] = frozenset()
    versions: str = ""
    """``==0.30.6``, or nothing for the newest."""
    url: str | None = None
    """Where it comes from, if not from an index."""

    @property
    def kept_url(self) -> str | None:
        """The same without the folders of this machine, and without whoever may fetch it."""
        return None if self.url is None else public(self.url)

    @property
    def tag(self) -> str:
        """What it adds to the name of a stack: ``uvicorn==0.30.6``, ``pydantic_lt_2``, ``uvicorn@main``."""
        if self.url is not None:
            return f"{self.package}@{_safe(_revision(self.url) or _last_name(self.url))}"
        if not self.versions:
            return f"{self.package}_newest"
        parts = sorted(SpecifierSet(self.versions), key=str, reverse=True)
        return self.package + "".join(f"{_OPERATORS[one.operator]}{_safe(one.version)}" for one in parts)

    def instead_of(self, extras: frozenset[str]) -> str:
        """As pip would read it, with the extras that its place had, if it names none of its own."""
        chosen = ",".join(sorted(self.extras or extras))
        named = self.package + (f"[{chosen}]" if chosen else "")
        return f"{named} @ {self.kept_url}" if self.url is not None else f"{named}{self.versions}"


def parse(text: str, *, here: Path) -> tuple[Wanted, ...]:
    """The requirements in one value of the command line. Raises ValueError, as a sentence that names the wrong one."""
    words = [word for word in _NEXT.split(text.strip()) if word]
    if not words:
        raise ValueError("it names no requirement")
    return tuple(
        one for word in words for one in (_in_file(word, here) if word.endswith(".txt") else [_one(word, here)])
    )


def _in_file(word: str, here: Path) -> Iterator[Wanted]:
    """The requirements of a file, one a line, as pip reads them; markers are those of the file's own interpreter."""
    try:
        text = (here / Path(word).expanduser()).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{word!r}: the file cannot be read ({error})") from error
    for line in text.splitlines():
        wanted = re.sub(r"(^|\s)#.*|;.*|\s--hash\S*|\\\s*$", "", line).strip()
        if wanted.startswith("-"):
            raise ValueError(f"{word!r}: remove the line {wanted!r}: only requirements are read, no options of pip")
        if wanted:
            yield _one(wanted, here)


def named(requirement: str) -> tuple[str, frozenset[str]]:
    """The package that a requirement of a stack is about, and the extras it asks for."""
    found = re.match(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?", requirement)
    if found is None:
        return "", frozenset()
    extras = frozenset(extra.strip() for extra in (found[2] or "").split(",") if extra.strip())
    return canonicalize_name(found[1]), extras


def pinned(requirement: str) -> bool:
    """Whether it means the same tomorrow: a version does, and what is newest, a branch or a folder does not."""
    try:
        read = Requirement(requirement)
    except InvalidRequirement:
        return False
    return read.url is None and any(one.operator in {"==", "==="} and "*" not in one.version for one in read.specifier)


def public(url: str) -> str:
    """A URL that may be kept: of a folder its name alone, and nothing that lets somebody in."""
    scheme, _, rest = url.partition(":")
    if scheme.rpartition("+")[2] == "file":
        revision = _revision(url)
        return f"{scheme}:{_last_name(url)}" + (f"@{revision}" if revision else "")
    return f"{scheme}:{re.sub(r'^//[^/@]*@', '//', re.sub(r'[?][^#]*', '', rest))}"


def is_placeless(url: str) -> bool:
    """Whether it is what ``public`` leaves of a folder."""
    return re.match(r"(\w+[+])?file:(?!/)", url) is not None


def _one(word: str, here: Path) -> Wanted:
    if _PATH.match(word):
        path = _resolved(word, here)
        return Wanted(package=_package_in(path, word), url=path.as_uri())
    if re.match(r"[\w+.-]+:", word):
        return Wanted(package=_package_at(word), url=word)
    try:
        read = Requirement(word)
    except InvalidRequirement as error:
        raise ValueError(f"{word!r} is not a requirement: {str(error).splitlines()[0]}") from error
    if read.marker is not None:
        raise ValueError(f"{word!r}: remove the part after the semicolon; name the interpreter with --python")
    url = _resolved(read.url, here).as_uri() if read.url and _PATH.match(read.url) else read.url
    if url is not None and not re.match(r"[\w+.-]+:", url):
        raise ValueError(f"{word!r} is not a requirement: {url!r} is neither a URL nor a path such as ./folder")
    return Wanted(
        package=canonicalize_name(read.name), extras=frozenset(read.extras), versions=str(read.specifier), url=url
    )


def _resolved(word: str, here: Path) -> Path:
    path = (here / Path(word).expanduser()).resolve()
    if not path.exists():
        raise ValueError(f"{word!r}: there is no such folder or file")
    return path


def _package_in(path: Path, word: str) -> str:
    """The name of what lies in a folder, a wheel or an archive."""
    if path.is_file():
        return _package_at(path.as_uri())
    try:
        project = tomllib.loads((path / "pyproject.toml").read_text(encoding="utf-8"))
        return canonicalize_name(project["project"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(f"{word!r}: no pyproject.toml there names a project; write NAME @ {word}") from None


def _package_at(url: str) -> str:
    """The name of what a URL leads to, as far as the URL tells; the installer refuses it if that is wrong."""
    name = _last_name(url)
    try:
        if name.endswith(".whl"):
            return parse_wheel_filename(name)[0]
        if name.endswith((".tar.gz", ".zip")):
            return parse_sdist_filename(name)[0]
    except (InvalidWheelFilename, InvalidSdistFilename):
        name = ""
    if not re.fullmatch(r"[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?", name):
        raise ValueError(f"{public(url)!r} does not name its package; write NAME @ URL")
    return canonicalize_name(name)


def _last_name(url: str) -> str:
    """What a URL ends in: ``uvicorn`` for ``git+https://host/encode/uvicorn.git@main``."""
    path = urlsplit(url).path.partition("@")[0]
    return unquote(path).rstrip("/").rpartition("/")[2].removesuffix(".git")


def _revision(url: str) -> str:
    """The branch, tag or commit that a URL names, if any."""
    return unquote(urlsplit(url).path.partition("@")[2])


def _safe(text: str) -> str:
    """Nothing that a folder's name could not hold."""
    return re.sub(r"[^\w.+-]+", "-", text.replace("*", "x"))
