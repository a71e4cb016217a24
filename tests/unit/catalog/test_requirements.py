"""Requirements of the command line: taken apart, named, and kept without what belongs to the machine."""

from pathlib import Path

import pytest

from stacklab.catalog.requirements import is_placeless, named, parse, pinned, public

HERE = Path("/nowhere")


def words(text: str, here: Path = HERE) -> list[str]:
    return [one.instead_of(frozenset()) for one in parse(text, here=here)]


@pytest.fixture(name="project")
def _project(tmp_path: Path) -> Path:
    folder = tmp_path / "old-checkout"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "Sample_App"\nversion = "1.6"\n')
    return folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("uvicorn==0.30.6", ["uvicorn==0.30.6"]),
        ("a==1,b==2", ["a==1", "b==2"]),
        ("a==1 b==2", ["a==1", "b==2"]),
        ("a==1, b", ["a==1", "b"]),
        ("a >= 1, <2", ["a<2,>=1"]),
        ("a[x,y]==1,b", ["a[x,y]==1", "b"]),
        ("A_b==1", ["a-b==1"]),
        ("a @ https://host/a.git b<1", ["a @ https://host/a.git", "b<1"]),
        ("git+https://host/a.git@main,b", ["a @ git+https://host/a.git@main", "b"]),
    ],
)
def test_one_value_may_hold_several_requirements(text: str, expected: list[str]) -> None:
    assert expected == words(text)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("uvicorn==0.30.6", "uvicorn==0.30.6"),
        ("uvicorn", "uvicorn_newest"),
        ("pydantic<2", "pydantic_lt_2"),
        ("pydantic<3,>=2", "pydantic_ge_2_lt_3"),
        ("a~=2.1", "a_near_2.1"),
        ("a==2.*", "a==2.x"),
        ("a!=2", "a_not_2"),
        ("git+https://host/encode/uvicorn@feature/x", "uvicorn@feature-x"),
        ("uvicorn @ git+https://host/fork.git", "uvicorn@fork"),
    ],
)
def test_the_word_for_a_name_could_be_a_folder_anywhere(text: str, tag: str) -> None:
    (one,) = parse(text, here=HERE)

    assert tag == one.tag


def test_a_folder_is_asked_for_its_package_and_kept_by_its_name_alone(project: Path) -> None:
    (one,) = parse("./old-checkout", here=project.parent)

    assert ("sample-app", "sample-app@old-checkout") == (one.package, one.tag)
    assert "sample-app @ file:old-checkout" == one.instead_of(frozenset())


def test_a_named_folder_is_found_from_where_one_stands(project: Path) -> None:
    (one,) = parse("sample-app @ ./old-checkout", here=project.parent)

    assert project.as_uri() == one.url


def test_a_requirement_without_extras_takes_those_of_its_place() -> None:
    (plain,), (own,) = parse("gunicorn==26.0", here=HERE), parse("gunicorn[tornado]==26.0", here=HERE)

    assert "gunicorn[gevent]==26.0" == plain.instead_of(frozenset({"gevent"}))
    assert "gunicorn[tornado]==26.0" == own.instead_of(frozenset({"gevent"}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it names no requirement"),
        ("a==", "is not a requirement"),
        ("-e ./a", "'-e' is not a requirement"),
        ("a; python_version<'3.12'", "remove the part after the semicolon"),
        ("./nosuch", "there is no such folder or file"),
        ("a @ ./nosuch", "there is no such folder or file"),
        ("a@@", "is neither a URL nor a path"),
        ("https://host/", "does not name its package; write NAME @ URL"),
    ],
)
def test_what_is_no_requirement_is_told_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(text, here=HERE)


def test_a_folder_without_a_project_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no pyproject\.toml there names a project"):
        parse(".", here=tmp_path)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("file:///home/me/uvicorn", "file:uvicorn"),
        ("git+file:///home/me/uvicorn.git@main", "git+file:uvicorn@main"),
        ("git+https://me:secret@host/a@main", "git+https://host/a@main"),
        ("https://host/a-1.0-py3-none-any.whl?token=secret#sha256=1", "https://host/a-1.0-py3-none-any.whl#sha256=1"),
    ],
)
def test_what_is_kept_of_a_url_names_no_folder_and_nobody(url: str, kept: str) -> None:
    assert kept == public(url)
    assert is_placeless(kept) == ("file:" in url)


def test_a_folder_with_its_place_is_not_placeless() -> None:
    assert not is_placeless("file:///home/me/uvicorn")


@pytest.mark.parametrize(
    ("requirement", "is_pinned"),
    [
        ("a==1.0", True),
        ("a[b]===1.0", True),
        ("a==1.*", False),
        ("a", False),
        ("a>=1", False),
        ("a @ git+https://host/a@main", False),
        ("./a", False),
    ],
)
def test_what_may_be_something_else_tomorrow_is_not_pinned(requirement: str, is_pinned: bool) -> None:
    assert is_pinned == pinned(requirement)


def test_a_requirement_of_a_stack_is_about_a_package() -> None:
    assert ("my-app", frozenset({"a", "b"})) == named("My_App[a, b]>=1")
    assert ("", frozenset()) == named("./folder")


def test_the_requirements_of_a_file_belong_together(tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text(
        "# the next release\nflask==3.0  # soon\n\nwerkzeug==3.0 ; python_version > '3.8'\n"
    )

    assert ["flask==3.0", "werkzeug==3.0"] == [one.tag for one in parse("new.txt", here=tmp_path)]


@pytest.mark.parametrize(("text", "says"), [("-e .", "only requirements are read"), (None, "cannot be read")])
def test_a_file_that_is_no_list_of_requirements_is_refused(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "new.txt").write_text(text)
    with pytest.raises(ValueError, match=says):
        parse("new.txt", here=tmp_path)
