"""An app of one's own: one command, real servers over a real environment, and a sentence for whatever is wrong.

The apps need no framework, so that what is tried is stacklab. Their environment holds nothing but them.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import uv

from stacklab.model.measured.record import Completed, Outcome
from stacklab.store.session import StoredSession, locate

SHORT = ("--rounds", "1", "--warmup", "0.1", "--measure", "0.3", "--no-noise-floor", "--repeat-disturbed", "0")
ASGI = ("--server", "uvicorn-asyncio")
WSGI = ("--server", "waitress")

FAILS_FROM, FAILS_TO = 80, 100
"""Which requests fail of the app that does for a while: all of them in the measured window."""

Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(name="environment", scope="module")
def _environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of the user's, with a package that is installed in place, by a .pth file."""
    folder = tmp_path_factory.mktemp("user")
    subprocess.run([uv.find_uv_bin(), "venv", "--quiet", "--python", sys.executable, folder / ".venv"], check=True)
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "in_place.py").write_text("WORD = 'in place'\n")
    (site,) = (folder / ".venv" / "lib").glob("python*/site-packages")
    (site / "in_place.pth").write_text(f"{elsewhere}\n")
    return folder / ".venv"


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, programs: Path, environment: Path) -> Path:
    """A folder with the apps and their environment, and nothing else."""
    for name in ("brought_asgi.py", "brought_wsgi.py"):
        shutil.copy(programs / "apps" / name, tmp_path)
    (tmp_path / ".venv").symlink_to(environment)
    return tmp_path


@pytest.fixture(name="stacklab")
def _stacklab(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Program:
    state = tmp_path_factory.mktemp("state")

    def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "stacklab", *words],
            cwd=folder,
            env=os.environ | {"XDG_STATE_HOME": str(state)} | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


def texts_in(folder: Path) -> list[str]:
    """The text of every file of the session that has one."""
    suffixes = {".json", ".log", ".txt"}
    return [path.read_text() for path in session_in(folder).folder.rglob("*") if path.suffix in suffixes]


def everything_in(folder: Path) -> dict[str, int]:
    """Every file but those of sessions, and when it was changed."""
    files = (path for path in folder.rglob("*") if path.is_file() and folder / "results" not in path.parents)
    return {str(path): path.stat().st_mtime_ns for path in files}


def session_in(folder: Path) -> StoredSession:
    return StoredSession.open(locate(folder / "results", None))


def run_in(folder: Path) -> tuple[StoredSession, Completed]:
    (run,) = session_in(folder).runs
    assert isinstance(run, Completed)
    return session_in(folder), run


@pytest.mark.parametrize(
    ("app", "servers"),
    [
        ("brought_wsgi:app", ("gunicorn-gthread", "waitress")),
        ("brought_asgi:app", ("granian-asgi", "hypercorn-asyncio")),
    ],
)
def test_one_command_measures_an_app_on_several_servers(
    stacklab: Program, folder: Path, environment: Path, app: str, servers: tuple[str, ...]
) -> None:
    before = everything_in(environment.parent) | everything_in(folder)
    chosen = [word for name in servers for word in ("--server", name)]
    done = stacklab("run", "--app", app, "--path", "/", *chosen, *SHORT)

    assert (0, set(servers)) == (
        done.returncode,
        {run.cell.folder.partition("/")[0] for run in session_in(folder).runs},
    ), done.stderr
    assert f"the environment .venv in {folder}" in done.stderr
    assert before == everything_in(environment.parent) | everything_in(folder)
    for run in session_in(folder).runs:
        assert isinstance(run, Completed)
        rows = session_in(folder).requests(run)
        assert ({Outcome.OK}, run.served) == (set(rows["outcome"].tolist()), len(rows["outcome"]))
        assert 0 not in rows["worker"]


def test_a_file_of_headers_reaches_the_app_and_nothing_else(stacklab: Program, folder: Path) -> None:
    (folder / "auth").write_text("Authorization: Bearer s3cret-t0ken\n")
    done = stacklab("run", "--app", "brought_asgi:app", "--path", "/watched", "--header", "@auth", *ASGI, *SHORT)

    assert done.returncode == 0, done.stderr
    assert {Outcome.OK} == set(session_in(folder).requests(run_in(folder)[1])["outcome"].tolist())
    page = stacklab("report", "--format", "json")
    texts = [*texts_in(folder), done.stdout, done.stderr, page.stdout]
    assert any("sent <withheld-1>" in text for text in texts)
    assert [] == [text for text in texts if "s3cret-t0ken" in text]


def test_requests_are_said_on_the_command_line(stacklab: Program, folder: Path) -> None:
    (folder / "order.json").write_text('{"n": 1}')
    said = ("--path", "/", "--path", "POST /typed", "--body", "@order.json", "--weight", "3", "--curl", "-")
    done = subprocess.run(
        [sys.executable, "-m", "stacklab", "run", "--app", "brought_asgi:app", *said, *ASGI, *SHORT],
        cwd=folder,
        input="curl -X PUT http://localhost/echo -d again=1",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "POST /typed: 200, 26 bytes" in done.stderr  # application/json: {"n": 1}
    session, run = run_in(folder)
    counts = Counter(session.endpoints(run).tolist())
    assert {"/", "POST /typed", "PUT /echo"} == counts.keys()
    assert 2 * counts["/"] < counts["POST /typed"] > 2 * counts["PUT /echo"]


def test_the_session_says_nothing_that_is_private(stacklab: Program, folder: Path) -> None:
    said = ("--header", "Authorization: Bearer s3cret", "--env", "BROUGHT=pa55word")
    done = stacklab("run", "--app", "brought_asgi:app", "--path", "/authorized?api_key=k3y", *said, *ASGI, *SHORT)

    assert done.returncode == 0, done.stderr
    texts = texts_in(folder)
    assert len(texts) > 4
    for word in ("s3cret", "pa55word", "k3y", str(folder), str(Path.home()), "authorized as"):
        assert [] == [text for text in texts if word in text]


def test_what_the_app_finds_is_what_it_always_finds(stacklab: Program) -> None:
    """Its folder, its variables, what is installed in place, and none of stacklab's modules."""
    done = stacklab(
        "check", "--app", "brought_wsgi:app", "--path", "/surroundings", *WSGI, BROUGHT="yes", PYTHONPATH="/x"
    )

    assert done.returncode == 0, done.stderr


def test_a_session_goes_on_where_it_stopped(stacklab: Program, folder: Path) -> None:
    said = ("--header", "Authorization: Bearer s3cret", "--env", "BROUGHT=yes")
    stacklab("run", "--app", "brought_asgi:app", "--path", "/authorized", *said, *ASGI, *SHORT)
    session, run = run_in(folder)
    shutil.rmtree(session.folder / run.cell.folder)
    done = stacklab("run", "--resume", "latest")

    assert (0, run.cell) == (done.returncode, run_in(folder)[1].cell), done.stderr


def test_a_session_of_another_machine_does_not_go_on(stacklab: Program, folder: Path) -> None:
    stacklab("run", "--app", "brought_wsgi:app", "--path", "/", *WSGI, *SHORT)
    done = stacklab("run", "--resume", "latest", XDG_STATE_HOME=str(folder / "elsewhere"))

    assert (2, True) == (done.returncode, "measure it again with `stacklab run --app`" in done.stderr)


def test_a_profile_goes_beside_the_numbers(stacklab: Program, folder: Path) -> None:
    stacklab("run", "--app", "brought_wsgi:app", "--path", "/busy", *WSGI, *SHORT)
    done = stacklab("profile", "--session", "latest", "--seconds", "0.5")

    assert done.returncode == 0, done.stderr
    sampled = json.loads((session_in(folder).folder / "waitress/own/profile/samples-all.json").read_text())
    files = {frame["file"] for frame in sampled["shared"]["frames"]}
    assert {"./brought_wsgi.py", "waitress/task.py"} <= files


def test_requests_that_are_not_counted_are_said_not_to_be(stacklab: Program, folder: Path) -> None:
    stacklab("run", "--app", "brought_wsgi:app", "--path", "/", "--no-count", *WSGI, *SHORT)
    reported = json.loads(stacklab("report", "--format", "json").stdout)

    assert run_in(folder)[1].served is None
    assert "not-counted" in {caveat["kind"] for caveat in reported["cells"][0]["caveats"]}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/cookie", ()),
        ("/gzip", ("--header", "Accept-Encoding: gzip")),
        ("/redirect", ()),
        ("/stream", ()),
        ("/counter", ("--vary-body", r"seen \d+")),
        ("/counter", ("--vary-body",)),
    ],
)
def test_unusual_answers_are_measured_rightly(
    stacklab: Program, folder: Path, path: str, words: tuple[str, ...]
) -> None:
    done = stacklab("run", "--app", "brought_asgi:app", "--path", path, *words, *ASGI, *SHORT)

    assert done.returncode == 0, done.stderr
    session, run = run_in(folder)
    rows = session.requests(run)
    assert ({Outcome.OK}, run.served) == (set(rows["outcome"].tolist()), len(rows["outcome"]))


@pytest.mark.parametrize(
    ("app", "words"),
    [
        ("brought_asgi:slow", ()),
        ("brought_asgi:configured()", ("--env", "BROUGHT=yes")),
        ("brought_asgi:anything", ("--interface", "asgi")),
        ("brought_asgi:anything_made", ("--interface", "asgi", "--factory")),
    ],
)
def test_unusual_apps_are_served(stacklab: Program, app: str, words: tuple[str, ...]) -> None:
    done = stacklab("check", "--app", app, "--path", "/", *words, *ASGI)

    assert done.returncode == 0, done.stderr


def test_the_first_response_is_that_of_a_server_that_runs_the_lifespan(stacklab: Program) -> None:
    servers = ("--server", "daphne", *ASGI)
    done = stacklab("check", "--app", "brought_asgi:needs_its_lifespan", "--path", "/", *servers)

    assert 1 == done.returncode, done.stderr
    assert "  daphne: skipped: its response to GET / differs from that of the first server: " in done.stdout
    assert "its status is 500 and was 200; it does not run the app's lifespan" in done.stdout
    assert "  uvicorn-asyncio: first response after" in done.stdout


def test_several_apps_are_compared_in_one_session_that_can_be_resumed(stacklab: Program, folder: Path) -> None:
    apps = ("--app", "brought_asgi:app", "--app", "brought_asgi:configured", "--env", "BROUGHT=yes")
    stacklab("run", *apps, "--path", "/", *ASGI, *SHORT)
    session = session_in(folder)
    names = {"uvicorn-asyncio,app=app": {"app": "app"}, "uvicorn-asyncio,app=configured": {"app": "configured"}}
    shutil.rmtree(session.folder / "uvicorn-asyncio,app=configured/own/r01")
    done = stacklab("run", "--resume", "latest")

    assert done.returncode == 0, done.stderr
    assert names == {name: variant.settings for name, variant in session.plan.variants.items()}
    assert set(names) == {run.cell.folder.partition("/")[0] for run in session_in(folder).runs}


def test_other_versions_are_laid_over_the_environment_and_told(
    stacklab: Program, folder: Path, environment: Path
) -> None:
    before = everything_in(environment.parent)
    done = stacklab("check", "--app", "brought_wsgi:app", "--path", "/", *WSGI, "--with", "waitress==2.1.2")

    assert done.returncode == 0, done.stderr
    assert "brought_wsgi:app (+waitress==2.1.2): a function" in done.stdout
    assert "with waitress 2.1.2 added" in done.stdout
    assert "  waitress+waitress==2.1.2: first response after" in done.stdout
    assert "(with your waitress 2.1.2 instead of 3.0.2)" in done.stdout
    assert before == everything_in(environment.parent)


def test_an_app_that_raises_fails_once_for_each_exception_and_its_cell_is_no_success(
    stacklab: Program, folder: Path
) -> None:
    load = ("--rate", "200", "--rounds", "1", "--warmup", "0.1", "--measure", "1", "--no-noise-floor")
    done = stacklab("run", "--app", "brought_asgi:fails_for_a_while", "--path", "/", *ASGI, *load)

    session, run = run_in(folder)
    outcomes = Counter(session.requests(run)["outcome"].tolist())
    assert (FAILS_TO - FAILS_FROM, 0) == (outcomes[Outcome.STATUS], outcomes[Outcome.RESET])
    assert 1 == done.returncode, done.stderr
    assert "1 cell, 0 failed, 1 void" in done.stderr
    assert "void: uvicorn-asyncio under own: " in done.stderr
    assert "with another status" in done.stderr


@pytest.mark.parametrize(
    ("app", "words", "says"),
    [
        ("brought_asgi:app", ("--path", "/counter"), "--vary-body 'seen [^ ]*' would allow it"),
        ("brought_asgi:app", ("--path", "/pid"), "its responses differ: its body differs from byte 1"),
        ("brought_asgi:app", ("--path", "/second"), "if they may, declare that with --vary-body"),
        (
            "brought_asgi:app",
            ("--path", "/missing"),
            "GET /missing: the app responds with 404 Not Found (what?); correct the request",
        ),
        ("brought_asgi:app", ("--path", "/broken"), "; its log says: RuntimeError: broken; correct the request"),
        ("brought_asgi:app", ("--path", "/dies"), "the server ended with exit code 7"),
        (
            "brought_asgi:configured",
            ("--path", "/"),
            "the factory configured raised KeyError: 'BROUGHT' (brought_asgi.py",
        ),
        ("brought_asgi:NOTHING", ("--path", "/"), "brought_asgi:NOTHING is a dict, which cannot be called"),
        ("brought_asgi:anything", ("--path", "/"), "say what it is with --interface wsgi|asgi"),
        ("brought_asgi:leaves", ("--path", "/"), "importing it ended the interpreter with exit code 5"),
        ("no_such_shop:app", ("--path", "/"), "there is no module 'no_such_shop' in "),
        ("brought_asgi:ap", ("--path", "/"), "did you mean 'app'?"),
        ("brought_asgi:app", (), "there is nothing to request"),
        ("brought_asgi:app", ("--path", "/", "--server", "nosuch"), "no ASGI server matches 'nosuch'"),
        (
            "brought_asgi:app",
            ("--requests", "brought_asgi.py"),
            "is neither HAR, nor OpenAPI, nor an access log",
        ),
        (
            "brought_asgi:app",
            ("--path", "/", "--header", "nothing"),
            "'--header': 'nothing' is not a name, ':' and a value",
        ),
        ("brought_asgi:app", ("--path", "/", "--rate", "0"), "'--rate': 0.0 is not in the range x>0"),
        ("brought_asgi:app", ("--path", "/", "--stack", "x"), "choose servers with --server"),
        ("nosuch.toml", (), "nosuch.toml: cannot be read"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    stacklab: Program, folder: Path, app: str, words: tuple[str, ...], says: str
) -> None:
    chosen = () if "--server" in words else ASGI
    done = stacklab("run", "--app", app, *words, *chosen, *SHORT)

    assert (2, False, False) == (done.returncode, "Traceback" in done.stderr, (folder / "results").exists()), (
        done.stderr
    )
    assert says in done.stderr


def test_options_of_an_app_need_one(stacklab: Program) -> None:
    done = stacklab("run", "--path", "/")

    assert (2, True) == (done.returncode, "--path is for your own app; name the app with --app" in done.stderr)


TOML = r"""
app = "brought_asgi:app"
servers = ["uvicorn-asyncio"]
prepare = ["{python} -c \"open('prepared', 'w')\""]
before_boot = ["{python} -c \"open('boots', 'a').write('.')\""]
requests_from = "access.log"

[env]
BROUGHT = "yes"

[[requests]]
path = "/echo"
method = "POST"
body = "hello"
changes = true
weight = 3

[[requests]]
path = "/missing"
name = "what is not there"
status = 404

[[requests]]
path = "/counter"
vary_body = ['seen \d+']

[load]
kind = "open"
rate = 200
"""

LOG = """\
::1 - - [20/Nov/2026:10:15:01 +0000] "GET /cookie HTTP/1.1" 200 5 "-" "-"
::1 - - [20/Nov/2026:10:15:01 +0000] "GET /pid HTTP/1.1" 200 5 "-" "-"
::1 - - [20/Nov/2026:10:15:01 +0000] "GET /broken HTTP/1.1" 200 5 "-" "-"
::1 - - [20/Nov/2026:10:15:01 +0000] "PUT /cookie HTTP/1.1" 200 5 "-" "-"
"""


def test_a_toml_says_more(stacklab: Program, folder: Path) -> None:
    (folder / "app.toml").write_text(TOML)
    (folder / "access.log").write_text(LOG)
    done = stacklab("run", "--app", "app.toml", *SHORT)

    assert done.returncode == 0, done.stderr
    session, run = run_in(folder)
    names = ["POST /echo", "what is not there", "/counter", "/cookie"]
    rows = session.requests(run)
    assert (names, {Outcome.OK}) == (
        [call.endpoint for call in session.plan.scenarios[0].calls],
        set(rows["outcome"].tolist()),
    )
    assert session.plan.app is not None
    assert {"with two different responses": 1, "with status 500": 1, "PUT": 1} == {
        left.reason.partition(",")[0]: left.count for left in session.plan.app.left_out
    }
    assert (True, 3) == ((folder / "prepared").exists(), len((folder / "boots").read_text()))


def test_a_command_that_fails_is_told_with_what_it_printed(stacklab: Program, folder: Path) -> None:
    (folder / "app.toml").write_text(
        'app = "brought_asgi:app"\nprepare = ["{python} -c \'print(1/0)\'"]\n[[requests]]\npath = "/"\n'
    )
    done = stacklab("check", "--app", "app.toml", *ASGI)

    assert (2, True) == (done.returncode, "it printed: ZeroDivisionError: division by zero" in done.stderr)


def test_a_workspace_for_an_app_of_ones_own_can_be_used_at_once(stacklab: Program) -> None:
    made = stacklab("init", "--app", "brought_wsgi:app")
    done = stacklab("check", "--app", "app.toml", *WSGI)

    assert (0, 0) == (made.returncode, done.returncode), (made.stderr, done.stderr)
    assert stacklab("init", "--app", "brought_wsgi:app").returncode == 2
