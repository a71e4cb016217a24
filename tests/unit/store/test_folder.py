"""Sessions are found by folder, by label and by age; a new folder of sessions is one that git leaves alone."""

from pathlib import Path

import pytest

from stacklab.errors import UsageError
from stacklab.store.folder import IGNORED, PLAN, is_session, label_of, locate, make, require_free, sessions_in

OLD, MIDDLE, NEW = (
    "20261120T101500Z-7f3a-before-upgrade",
    "20261120T111500Z-0001",
    "20261120T121500Z-0002-after",
)


@pytest.fixture(name="results")
def _results(tmp_path: Path) -> Path:
    for name in (OLD, MIDDLE, NEW, "reference"):
        (tmp_path / name).mkdir()
        (tmp_path / name / PLAN).write_text("{}")
    (tmp_path / "20991120T121500Z-ffff").mkdir()  # has no plan: no session
    return tmp_path


def test_sessions_are_those_with_a_plan_oldest_first_without_the_reference(results: Path) -> None:
    assert [OLD, MIDDLE, NEW] == [path.name for path in sessions_in(results)]


@pytest.mark.parametrize(
    ("word", "name"),
    [
        (None, NEW),
        ("latest", NEW),
        ("latest~0", NEW),
        ("latest~1", MIDDLE),
        ("latest~2", OLD),
        (MIDDLE, MIDDLE),
        ("before-upgrade", OLD),
        ("after", NEW),
        ("reference", "reference"),
    ],
)
def test_a_word_means_a_session(results: Path, word: str | None, name: str) -> None:
    assert results / name == locate(results, word)
    assert word is None or is_session(results, word)


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("latest~3", "there is no latest~3; it holds 3 sessions"),
        ("befor-upgrade", "there is no session 'befor-upgrade'; did you mean 'before-upgrade'?"),
        ("xyz", "there is no session 'xyz'; `latest` is the newest; `stacklab list sessions` names all"),
        ("after-", "there is no session 'after-'; did you mean 'after'?"),
    ],
)
def test_a_word_that_means_none_is_answered(results: Path, word: str, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        locate(results, word)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("name", "label"), [(OLD, "before-upgrade"), (MIDDLE, None), ("reference", None), ("20261120T101500Z-7f3a-", None)]
)
def test_the_label_is_what_follows_the_stamp(name: str, label: str | None) -> None:
    assert label == label_of(name)


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("after", "is called so already; choose another name"),
        (MIDDLE, "is called so already"),
        ("latest", "use letters, digits"),
        ("latest~1", "use letters, digits"),
        ("a/b", "use letters, digits"),
        ("..", "use letters, digits"),
        ("", "use letters, digits"),
        ("x" * 65, "use letters, digits"),
    ],
)
def test_a_name_that_a_session_cannot_have_is_refused(results: Path, label: str, says: str) -> None:
    with pytest.raises(UsageError, match="--name ") as refused:
        require_free(label, results)

    assert says in str(refused.value)


def test_any_other_name_is_free(results: Path) -> None:
    require_free("upgrade.2_b", results)


def test_git_is_told_to_leave_a_new_folder_alone_and_an_old_one_stays_as_it_is(tmp_path: Path) -> None:
    make(tmp_path / "a" / "results")
    make(tmp_path)

    assert IGNORED == (tmp_path / "a" / "results" / ".gitignore").read_text()
    assert not (tmp_path / ".gitignore").exists()
