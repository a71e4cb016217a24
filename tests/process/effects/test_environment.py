"""Environments: made once, whole or not at all, with what was asked for; made offline here, from a wheel of our own."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zipfile import ZipFile

import pytest

from stacklab.effects.environments.environment import existing, provide
from stacklab.effects.processes.supervisor import run
from stacklab.errors import StageError


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one wheel, the only index there is."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with ZipFile(folder / "Sample_App-1.5-py3-none-any.whl", "w") as wheel:
        info = "Sample_App-1.5.dist-info"
        wheel.writestr("sample_app.py", "def main():\n    import sys\n    print(sys.prefix)\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: Sample_App\nVersion: 1.5\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\nsample = sample_app:main\n")
        wheel.writestr(f"{info}/RECORD", f"sample_app.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    for name in os.environ:
        if name.startswith(("UV_", "PIP_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def made(cache: Path) -> list[str]:
    """The environments in the cache, and whatever else looks like one."""
    return sorted(folder.name for folder in cache.iterdir() if folder.is_dir())


def test_an_environment_holds_what_was_asked_for_and_nothing_else(cache: Path) -> None:
    environment = provide(["sample-app"], python=None, cache=cache)
    own = {name: version for name, version in environment.packages.items() if name not in {"pip", "setuptools"}}

    assert own == {"sample-app": "1.5"}


def test_an_environment_names_its_implementation(cache: Path) -> None:
    version = ".".join(map(str, sys.version_info[:3]))

    assert provide([], python=None, cache=cache).implementation == f"CPython {version}"


def test_a_program_of_an_environment_runs_from_where_it_was_moved_to(cache: Path) -> None:
    environment = provide(["sample-app"], python=None, cache=cache)
    output = run([str(environment.python.parent / "sample")], timeout_s=20).output

    assert output.strip() == str(environment.python.parent.parent)


def test_an_environment_is_made_once(cache: Path) -> None:
    first = provide(["sample-app"], python=None, cache=cache)
    (first.python.parent / "mark").touch()
    second = provide(["sample-app"], python=None, cache=cache)

    assert (second.python.parent / "mark").exists()


def test_other_requirements_make_another_environment(cache: Path) -> None:
    provide(["sample-app"], python=None, cache=cache)
    provide(["sample-app==1.5"], python=None, cache=cache)

    assert len(made(cache)) == 2


def test_builds_at_the_same_time_make_one_environment(cache: Path) -> None:
    with ThreadPoolExecutor(max_workers=4) as pool:
        builds = [pool.submit(provide, ["sample-app"], python=None, cache=cache) for _ in range(4)]
        pythons = {build.result().python for build in builds}

    assert (len(pythons), len(made(cache))) == (1, 1)


def test_what_a_killed_build_left_behind_is_no_environment(cache: Path) -> None:
    whole = provide(["sample-app"], python=None, cache=cache).python.parent.parent
    whole.rename(whole.with_suffix(".part"))  # as a build that was killed leaves it
    (whole.with_suffix(".part") / "bin" / "half").touch()
    environment = provide(["sample-app"], python=None, cache=cache)

    assert not (environment.python.parent / "half").exists()


def test_an_environment_of_an_environment_comes_from_the_same_installation(cache: Path) -> None:
    inner = provide([], python=None, cache=cache)

    assert provide([], python=inner.python, cache=cache).python == inner.python


def test_an_existing_environment_is_taken_as_it_is(cache: Path) -> None:
    environment = provide(["sample-app"], python=None, cache=cache)

    assert existing(environment.python) == environment


def test_a_package_that_cannot_be_had_is_named(cache: Path) -> None:
    with pytest.raises(StageError, match=r"cannot be made: because no-such-package was not found"):
        provide(["no-such-package"], python=None, cache=cache)


def test_a_build_that_failed_leaves_nothing_that_counts(cache: Path) -> None:
    with pytest.raises(StageError):
        provide(["no-such-package"], python=None, cache=cache)

    assert [name for name in made(cache) if not name.endswith(".part")] == []


def test_an_interpreter_that_does_not_exist_is_named(cache: Path) -> None:
    with pytest.raises(StageError, match=r"the interpreter /nowhere/python cannot be run: .*name another"):
        provide([], python=Path("/nowhere/python"), cache=cache)


def test_a_program_that_is_no_python_is_named(tmp_path: Path, cache: Path) -> None:
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho 'pyenv: python3.99: command not found'\nexit 127\n")
    shim.chmod(0o755)

    with pytest.raises(StageError, match=r"python3\.99 is not a working Python.*command not found"):
        provide([], python=shim, cache=cache)


def test_a_shim_is_resolved_to_what_it_runs(tmp_path: Path, cache: Path) -> None:
    shim = tmp_path / "python"
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    shim.chmod(0o755)

    assert existing(shim).python == Path(sys.executable)


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StageError, match="environments cannot be kept in"):
        provide([], python=None, cache=tmp_path / "file" / "cache")
