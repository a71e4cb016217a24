"""Claims put to the test with real programs: the command line, what it leaves behind, and what it says."""

import json
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from stacklab.catalog.workspace import reference
from stacklab.model.measured.record import Completed
from stacklab.store.session import StoredSession, locate

PROGRAM = '''"""Prints what it is told to."""

import math
import random
import sys

from rows import Asked, cannot_run_here, row

asked = Asked(value=1.0, fails="", arm="")
if asked.fails == "here":
    cannot_run_here("There is no such thing here.")
if asked.fails:
    sys.exit(9)
noise = random.Random(f"{asked.seed}{asked.arm}").gauss(0, 0.02) if asked.arm else 0
row("x", asked.value * math.exp(noise), n=1)
'''

CLAIM = """
title = "Two is more than one"
statement = "What prints two prints more than what prints one."
source = {{ text = "Nobody" }}
mechanism = "Arithmetic."
tolerates = ["host-busy", "program-delayed", "stolen"]
{more}
efforts = {{ quick = {{ rounds = 2 }} }}

[arms.two]
program = "told.py"
params = {{ value = 2.0, fails = "{fails}" }}
seconds = 0.1
{arm}

[arms.one]
program = "told.py"
seconds = 0.1

[decision]
kind = "contrast"
metric = "x"
candidate = "two"
baseline = "one"
at_least = 1.5

[drawing]
caption = "One, then two."
lanes = [{{ name = "one", spans = [{{ start = 0, end = 1, text = "<b>" }}], marks = [{{ at = 1, text = "end" }}] }}]
"""


CLAIMS = {
    "more": {},
    "broken": {"fails": "yes"},
    "elsewhere": {"fails": "here"},
    "later": {"arm": 'python = "3.99"'},
    "larger": {"more": "cores = 9999"},
}

SHAM = """
title = "One is more than one"
statement = "Of two arms that are the same, the first prints more."
source = { text = "Nobody" }
mechanism = "There is none."
tolerates = ["host-busy", "program-delayed", "stolen"]

[arms.one]
program = "told.py"
params = { arm = "one" }
seconds = 0.1

[arms.other]
program = "told.py"
params = { arm = "other" }
seconds = 0.1

[decision]
kind = "contrast"
metric = "x"
candidate = "one"
baseline = "other"
at_least = 1.05
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with claims of its own, whose programs say what they are told."""
    for folder in ("targets", "scenarios"):
        copytree(reference() / folder, tmp_path / folder)
    for path in (tmp_path / "scenarios" / "claims").glob("*.toml"):
        path.unlink()
    (tmp_path / "scenarios" / "claims" / "programs" / "told.py").write_text(PROGRAM)
    for name, changed in CLAIMS.items():
        text = CLAIM.format(**{"fails": "", "more": "", "arm": "", **changed})
        (tmp_path / "scenarios" / "claims" / f"{name}.toml").write_text(text)
    (tmp_path / "scenarios" / "claims" / "sham.toml").write_text(SHAM)
    for path in (tmp_path / "scenarios" / "claims").rglob("*"):
        if path.parent.name in {"stacks", "scenarios"} and path.suffix == ".toml":
            path.unlink()
    return tmp_path


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stacklab", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def stacklab(folder: Path, *words: str) -> tuple[int, str]:
    """Its exit code, and what it prints on stdout."""
    ended = run(folder, *words)
    return ended.returncode, ended.stdout


def test_claims_get_their_verdicts_and_a_session_that_says_so_years_later(workspace: Path) -> None:
    code, printed = stacklab(workspace, "reproduce", "--all", "--seed", "7", "--json")
    found = {one["claim"]: one for one in json.loads(printed)}

    assert 0 == code
    assert "reproduced" == found["more"]["verdict"]
    assert {"value": 2.0, "low": 2.0, "high": 2.0, "n": 2} == found["more"]["effect"]
    assert "inconclusive" == found["broken"]["verdict"]
    assert "told.py ended with exit code 9" in found["broken"]["why"]
    assert ("not testable here", "two: There is no such thing here.") == (
        found["elsewhere"]["verdict"],
        found["elsewhere"]["why"],
    )

    assert {"later": "two: there is no python3.99", "larger": "it needs 9999 cores"} == {
        name: found[name]["why"].partition(" on PATH")[0].partition(", and")[0] for name in ("later", "larger")
    }
    assert {"not testable here"} == {found[name]["verdict"] for name in ("later", "larger")}
    assert found["sham"]["verdict"] in {"equivalent", "inconclusive", "not reproduced"}

    for path in (workspace / "scenarios" / "claims").glob("*.toml"):
        path.unlink()
    code, page = stacklab(workspace, "report", "-o", "-", "--format", "html")
    assert 0 == code
    assert "What prints two prints more than what prints one." in page
    assert "&lt;b&gt;" in page
    assert "<b></text>" not in page


def test_the_list_says_what_became_of_a_claim_last(workspace: Path) -> None:
    stacklab(workspace, "reproduce", "more")
    _, printed = stacklab(workspace, "reproduce", "--json")
    last = {one["name"]: one["last"] and one["last"]["verdict"] for one in json.loads(printed)}

    assert {**dict.fromkeys(CLAIMS), "sham": None, "more": "reproduced"} == last


def test_what_is_missing_is_run_again_on_resume(workspace: Path) -> None:
    stacklab(workspace, "reproduce", "more")
    (session,) = (path for path in (workspace / "results").iterdir() if path.is_dir())
    (session / "more" / "two" / "r02" / "run.json").unlink()

    code, printed = stacklab(workspace, "reproduce", "--resume", "latest", "--json")

    assert 0 == code
    assert [("reproduced", 2)] == [(one["verdict"], one["rounds"]) for one in json.loads(printed)]

    program = workspace / "scenarios" / "claims" / "programs" / "told.py"
    program.write_text(f"{PROGRAM}# another text\n")

    assert (2, "") == stacklab(workspace, "reproduce", "--resume", "latest", "--json")


@pytest.mark.parametrize(
    ("python", "said"),
    [("3.99", "there is no python3.99 on PATH"), ("/no/such", "the interpreter /no/such cannot be run")],
)
def test_an_interpreter_that_was_named_has_to_be_there(workspace: Path, python: str, said: str) -> None:
    """An arm that names one itself makes its claim not testable; whoever names one on the command line made a slip."""
    refused = run(workspace, "reproduce", "more", "--python", python)

    assert 2 == refused.returncode
    assert said in refused.stderr
    assert not list((workspace / "results").glob("*"))


def test_verbs_for_stacks_refuse_a_session_of_claims(workspace: Path) -> None:
    elsewhere = workspace / "elsewhere"
    told = run(workspace, "reproduce", "more", "--results", str(elsewhere)).stderr
    (session,) = (plan.parent for plan in elsewhere.glob("*/plan.json"))
    refused = [
        run(workspace, "run", "--resume", str(session)),
        run(workspace, "profile", "--session", str(session)),
        run(workspace, "export", str(session)),
    ]

    assert f"Next: stacklab report {session}\n" in told
    assert [2, 2, 2] == [one.returncode for one in refused]
    assert f"continue it with `stacklab reproduce --resume {session}`" in refused[0].stderr
    assert f"{session.name} is a session of claims" in refused[1].stderr
    assert "its claims did not measure a stack" in refused[2].stderr


IN_TURNS = """
title = "Two servers"
statement = "One server serves at least a fifth of what another one does."
source = { text = "Nobody" }
mechanism = "Arithmetic."
turns = true
twin = "none"
tolerates = ["shared-core", "turned-away"]

[efforts.quick]
rounds = 2
warmup_s = 0.2
measure_s = 0.5

[arms.sync]
stack = "gunicorn-sync-bare"
scenario = "cpu-bound"
settings = { access_log = "on" }
connections = 4

[arms.one]
stack = "uvicorn-asyncio-bare-h11"
scenario = "cpu-bound"
connections = 4

[decision]
kind = "contrast"
metric = "throughput_rps"
candidate = "sync"
baseline = "one"
at_least = 0.2
"""


def test_arms_of_a_claim_take_turns_where_it_says_so(workspace: Path) -> None:
    (workspace / "scenarios" / "claims" / "turns.toml").write_text(IN_TURNS)

    code, printed = stacklab(workspace, "reproduce", "turns", "--json")
    (found,) = json.loads(printed)
    session = StoredSession.open(locate(workspace / "results", None))

    assert (0, "reproduced") == (code, found["verdict"]), found
    assert {2} == {run.together for run in session.runs if isinstance(run, Completed)}
    assert all(len(session.slices(run) or ()) for run in session.runs if isinstance(run, Completed))
