"""Comparing as a user meets it: a real session of two stacks, and a sentence for every bad input."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

A, B = "uvicorn-uvloop-bare", "gunicorn-sync-bare"

Program = Callable[..., subprocess.CompletedProcess[str]]


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stacklab", *words], cwd=cwd, capture_output=True, text=True, timeout=180, check=False
    )


@pytest.fixture(scope="module", name="measured")
def _measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of one small run; tests change copies of it."""
    folder = tmp_path_factory.mktemp("measured")
    sizes = ("--rounds", "2", "--warmup", "0.1", "--measure", "0.3")
    done = run("run", "--stack", A, "--stack", B, "--scenario", "json", *sizes, cwd=folder)
    assert list(folder.glob("results/*/plan.json")), done.stderr
    return folder / "results"


@pytest.fixture(name="results")
def _results(measured: Path, tmp_path: Path) -> Path:
    """Two sessions, ``old`` and ``new``, the same in everything but their name."""
    session = next(path.parent for path in measured.glob("*/plan.json"))
    for name in ("old", "new"):
        shutil.copytree(session, tmp_path / "results" / name)
    return tmp_path / "results"


@pytest.fixture(name="compare")
def _compare(results: Path) -> Program:
    return lambda *words: run("compare", *words, cwd=results.parent)


def said(done: subprocess.CompletedProcess[str]) -> str:
    """What it printed, however the terminal broke the lines."""
    return " ".join(done.stdout.split())


def change(path: Path, **keys: object) -> None:
    """Change the record in a document of a session, or what stands beside it."""
    document = json.loads(path.read_text())
    for key, value in keys.items():
        (document["record"] if key in document["record"] else document)[key] = value
    path.write_text(json.dumps(document))


def test_two_stacks_of_a_session_are_paired_by_round(compare: Program) -> None:
    done = compare(A, B, "--session", "new")

    assert (0, True) == (done.returncode, "paired by round" in said(done)), done.stderr


def test_two_sessions_are_compared_stack_by_stack(compare: Program) -> None:
    page = json.loads(compare("old", "new", "--format", "json").stdout)

    assert [(A, A), (B, B)] == sorted(((pair["a"], pair["b"]) for pair in page["pairs"]), reverse=True)


def test_a_session_and_its_copy_differ_in_nothing(compare: Program) -> None:
    page = json.loads(compare("old", "new", "--format", "json").stdout)

    assert [] == page["changes"]


def test_the_page_goes_to_a_file(compare: Program, results: Path) -> None:
    compare(A, B, "--format", "md", "-o", "page.md")

    assert (results.parent / "page.md").read_text().startswith(f"# {A} and {B}")


def test_html_goes_to_a_page_beside_the_sessions(compare: Program, results: Path) -> None:
    done = compare("old", "new", "--format", "html")

    assert (0, True) == (done.returncode, "comparison.html" in done.stdout), done.stderr
    assert "<bdi>new</bdi>, compared with <bdi>old</bdi>" in (results / "comparison.html").read_text()


def test_profiles_have_no_page(compare: Program) -> None:
    done = compare("old", "new", "--profiles", "--format", "html")

    assert (2, True) == (done.returncode, "--profiles has no HTML" in done.stderr)


def test_a_condition_that_is_met_fails_the_build_and_says_which(compare: Program) -> None:
    done = compare(A, B, "--fail-if", "cpu_us_per_request > 0.1")

    assert 1 == done.returncode
    assert done.stderr.startswith("--fail-if: cpu_us_per_request > 0.1 in json")


def test_a_condition_that_is_not_met_fails_nothing(compare: Program) -> None:
    assert 0 == compare(A, B, "--fail-if", "cpu_us_per_request > 10").returncode


def test_other_machines_are_refused_and_the_way_out_is_named(compare: Program, results: Path) -> None:
    change(results / "new" / "host.json", processor="Example 9000")

    done = compare("old", "new")

    assert 2 == done.returncode
    assert "Example 9000); add --anyway" in done.stderr


def test_other_machines_compared_anyway_are_said_at_the_top(compare: Program, results: Path) -> None:
    change(results / "new" / "host.json", processor="Example 9000")

    done = compare("old", "new", "--anyway")

    assert (0, True) == (done.returncode, done.stdout.startswith("The machines differ"))


def test_a_session_without_a_run_cannot_be_compared_and_says_so(compare: Program, results: Path) -> None:
    shutil.rmtree(results / "new" / B)
    shutil.rmtree(results / "new" / A)

    done = compare("old", "new")

    assert (0, True) == (done.returncode, "Nothing can be compared here." in said(done))


def test_a_session_with_half_its_runs_missing_compares_the_rest(compare: Program, results: Path) -> None:
    shutil.rmtree(results / "new" / B)

    done = compare("old", "new")

    assert (0, True) == (done.returncode, "B: missing: the session ended before this cell was run." in said(done))


def test_two_sessions_have_verdicts_through_a_reference_alone(compare: Program) -> None:
    without, through = (
        json.loads(compare("old", "new", *words, "--format", "json").stdout)["pairs"]
        for words in ((), ("--reference", A))
    )
    verdicts, of_b = ({one["verdict"] for one in pairs[1]["metrics"]} for pairs in (without, through))

    assert B == through[1]["a"]
    assert verdicts <= {None, "same"}  # no errors on either side are the same in any case
    assert "unresolved" in of_b
    assert {"faster", "slower"}.isdisjoint(of_b)


def test_a_condition_on_two_sessions_without_a_reference_is_wrong_use(compare: Program) -> None:
    done = compare("old", "new", "--fail-if", "cpu_us_per_request > 1.1")

    assert (2, True) == (done.returncode, "name it with --reference" in done.stderr)


def test_a_condition_on_two_sessions_asks_through_the_reference(compare: Program) -> None:
    assert 0 == compare("old", "new", "--reference", A, "--fail-if", "cpu_us_per_request > 10").returncode


def test_one_round_has_no_verdict(compare: Program, results: Path) -> None:
    for folder in (results / "new").glob("*/*/r02"):
        shutil.rmtree(folder)

    page = json.loads(compare(A, B, "--session", "new", "--format", "json").stdout)

    measured = [one for pair in page["pairs"] for one in pair["metrics"] if one["ratio"] is not None]
    assert {(None, "one round gives no interval")} == {(one["verdict"], one["why"]) for one in measured}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("uvicorn-uvlop-bare", B), f"did you mean '{A}'?"),
        (("old", "nwe"), "did you mean 'new'?"),
        (("old", B), f"old is a session and {B} is a stack"),
        (("old", "old"), "are the same session"),
        ((A, A), "is compared with itself"),
        ((A, B, "--reference", A), "two stacks of one session need none"),
        (("old", "new", "--reference", "nobody"), "--reference nobody: old has no such stack"),
        ((A, B, "--session", "nosuch"), "there is no session 'nosuch'"),
        ((A, B, "--fail-if", "p99 above 1"), "such as 'p99 > 1.10'"),
        ((A, B, "--fail-if", "p98 > 1"), "did you mean 'p99'?"),
        ((".", "old"), "not a session"),
        ((A,), "Missing argument"),
    ],
)
def test_bad_words_are_one_sentence_and_exit_code_2(compare: Program, words: tuple[str, ...], says: str) -> None:
    done = compare(*words)

    assert (2, False) == (done.returncode, "Traceback" in done.stderr)
    assert says in done.stderr


@pytest.mark.parametrize("name", ["requests.parquet", "usage.parquet"])
def test_a_missing_file_is_named(compare: Program, results: Path, name: str) -> None:
    lost = results / "new" / A / "json" / "r01" / name
    lost.unlink()

    done = compare("old", "new")

    assert 2 == done.returncode
    assert f"{lost.relative_to(results.parent)}: not found; remove" in done.stderr


def test_what_was_lost_is_measured_again_as_the_sentence_says(compare: Program, results: Path) -> None:
    lost = results / "new" / A / "json" / "r01"
    (lost / "requests.parquet").unlink()
    assert f"{lost.relative_to(results.parent)}, and `--resume` measures it again" in compare("old", "new").stderr

    shutil.rmtree(lost)

    assert "new: 1 cell, 0 failed" in run("run", "--resume", "new", cwd=results.parent).stderr
    assert 0 == compare("old", "new").returncode


def test_a_broken_session_that_nobody_named_is_in_nobodys_way(compare: Program, results: Path) -> None:
    newest = results / "z"
    shutil.copytree(results / "new", newest)
    (newest / "host.json").unlink()

    assert 0 == compare("old", "new").returncode
    assert f"{newest / 'host.json'}: not found" in compare(A, B).stderr


def test_a_newer_format_is_refused(compare: Program, results: Path) -> None:
    change(results / "new" / "plan.json", format_version=999)

    done = compare("old", "new")

    assert (2, True) == (done.returncode, "written in format 999" in done.stderr)


def test_a_name_that_is_both_is_asked_about(compare: Program, results: Path) -> None:
    (results / "old").rename(results / A)

    done = compare(A, B)

    assert 2 == done.returncode
    assert f"{A} is both a session and a stack of the newest session; add --session latest" in done.stderr


def test_no_session_at_all_is_said(tmp_path: Path) -> None:
    done = run("compare", A, B, cwd=tmp_path)

    assert (2, True) == (done.returncode, "there is no session yet" in done.stderr)
