"""The folder of the sessions: made with a .gitignore, and searched for sessions by name, by label or by age."""

import difflib
import re
from pathlib import Path
from typing import Final

from stacklab.errors import UsageError
from stacklab.store.documents import writing

PLAN: Final = "plan.json"
"""The first file of a session: a folder that has it is one."""

LATEST: Final = "latest"

REFERENCE: Final = "reference"
"""The session that comes with the repository; it is no newest one."""

LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""What a session may be called: it is part of a folder's name, and a word on command lines."""

_NAME: Final = re.compile(rf"\d{{8}}T\d{{6}}Z-[0-9a-f]{{4}}-(?P<label>{LABEL.pattern})")
"""Of a folder whose session has a label."""

_LATEST: Final = re.compile(rf"{LATEST}(?:~(?P<back>\d{{1,9}}))?")

IGNORED: Final = "# What is measured here is large, and true of one machine only.\n*\n"


def make(results: Path) -> None:
    """Make the folder, unless it exists; git is told to leave a new one alone."""
    if results.is_dir():
        return
    with writing(results):
        results.mkdir(parents=True)
        (results / ".gitignore").write_text(IGNORED, encoding="utf-8")


def sessions_in(results: Path) -> tuple[Path, ...]:
    """The sessions, oldest first."""
    return tuple(sorted(path.parent for path in results.glob(f"*/{PLAN}") if path.parent.name != REFERENCE))


def label_of(name: str) -> str | None:
    """The label of the session in a folder of this name; None where it has none."""
    found = _NAME.fullmatch(name)
    return None if found is None else found["label"]


def require_free(label: str, results: Path) -> None:
    """Raise UsageError where a new session cannot be called so."""
    if not LABEL.fullmatch(label) or _LATEST.fullmatch(label):
        raise UsageError(
            f"--name {label!r}: use letters, digits, and . _ - between them, up to 64 of them, and not {LATEST!r}"
        )
    for path in sessions_in(results):
        if label in {path.name, label_of(path.name)}:
            raise UsageError(
                f"--name {label}: {path} is called so already; choose another name, or remove that session"
            )


def is_session(results: Path, name: str) -> bool:
    """Whether the word means a session, by its age, its folder or its label."""
    return bool(_LATEST.fullmatch(name)) or (results / name / PLAN).is_file() or _labelled(results, name) is not None


def locate(results: Path, name: str | None) -> Path:
    """The session folder that is meant: a path, the name of a session or its label, or the newest for None.

    ``latest`` is the newest, too, and ``latest~1`` the one before it. Raises UsageError where there is none.
    """
    aged = _LATEST.fullmatch(name or LATEST)
    if aged is not None:
        return _by_age(results, int(aged["back"] or 0))
    word = str(name)
    paths = (Path(word), results / word)
    found = next((path for path in paths if path.is_dir()), None) or _labelled(results, word)
    if found is None:
        names = [known for path in sessions_in(results) for known in (path.name, label_of(path.name)) if known]
        near = difflib.get_close_matches(word, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"`{LATEST}` is the newest; `stacklab list sessions` names all"
        raise UsageError(f"{results}: there is no session {word!r}; {hint}")
    return found


def _labelled(results: Path, label: str) -> Path | None:
    return next((path for path in reversed(sessions_in(results)) if label_of(path.name) == label), None)


def _by_age(results: Path, back: int) -> Path:
    sessions = sessions_in(results)
    if not sessions:
        raise UsageError(f"{results}: there is no session yet; `stacklab run` creates one")
    if back >= len(sessions):
        raise UsageError(f"{results}: there is no {LATEST}~{back}; it holds {len(sessions)} sessions")
    return sessions[-1 - back]
