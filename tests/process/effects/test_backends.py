"""Backends for real: they start, count what they are asked, say why they cannot be had, and leave nothing behind."""

import os
import re
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
import pytest

from stacklab.catalog.workspace import reference
from stacklab.cli.main import run
from stacklab.effects.backends.backend import Backends
from stacklab.effects.backends.delays import DelayService
from stacklab.effects.backends.postgres import Postgres, url
from stacklab.effects.clock import wait_for
from stacklab.effects.processes.supervisor import Supervisor
from stacklab.effects.wire.http import send
from stacklab.effects.wire.ready import free_port
from stacklab.errors import StageError
from stacklab.model.measured.record import BackendCount, Completed, Failed
from stacklab.model.traffic.contract import Backend
from stacklab.model.traffic.exchange import Exchange
from stacklab.procfs import tree
from stacklab.store.session import StoredSession, locate

PROGRAMS = reference() / "targets" / "backends"
DEADLINE_S = 20.0

SHORT = ("--rounds", "1", "--warmup", "0.1", "--measure", "0.3", "--no-noise-floor", "--repeat-disturbed", "0")

AN_HOUR = b"GET /?ms=3600000 HTTP/1.1\r\nhost: delays\r\n\r\n"
AT_ONCE = b"GET /?ms=0 HTTP/1.1\r\nhost: delays\r\n\r\n"

SOME = "SELECT id, a, b FROM test WHERE id BETWEEN %s AND %s ORDER BY id"

Start = Callable[..., Backends]


@pytest.fixture(scope="module", name="cache")
def _cache() -> Path:
    """The user's own: it takes some seconds to fill."""
    from platformdirs import user_cache_path  # noqa: PLC0415 (the environment of the tests is scrubbed before)

    return user_cache_path("stacklab")


@pytest.fixture(name="start")
def _start(tmp_path: Path, cache: Path) -> Iterator[Start]:
    """``start(dsn=…)`` gives backends whose supervisor ends with the test."""
    with ExitStack() as ending:
        supervisor = ending.enter_context(Supervisor())

        def make(dsn: str | None = None) -> Backends:
            cpus = tuple(os.sched_getaffinity(0))
            made = Backends(supervisor=supervisor, folder=tmp_path, cache=cache, programs=PROGRAMS, cpus=cpus, dsn=dsn)
            return ending.enter_context(closing(made))

        yield make


@pytest.fixture(name="dsn")
def _dsn(start: Start) -> str:
    """A PostgreSQL with the table, for a test to take as the user's own."""
    backends = start()
    backends.require(Backend.POSTGRES)
    return backends.variables["DATABASE_URL"]


def folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("stacklab-postgres-*"))


def servers() -> str:
    """The command lines of all servers that this process has started."""
    lines = (Path(f"/proc/{pid}/cmdline").read_text(errors="replace") for pid in tree(os.getpid()))
    return "\n".join(lines)


def test_postgresql_starts_counts_and_leaves_nothing(start: Start) -> None:
    backends = start()
    service = backends.require(Backend.POSTGRES)
    counted = backends.count(Backend.POSTGRES)
    with psycopg.connect(backends.variables["DATABASE_URL"], autocommit=True) as connection:
        rows = [connection.execute("SELECT id, a FROM test WHERE id = %s", (number,)).fetchone() for number in (1, 777)]
    then = backends.count(Backend.POSTGRES)
    own = {folder for folder in folders() if f"-D\0{folder}/data" in servers()}
    assert counted is not None
    assert then is not None
    since = then.since(counted)
    backends.close()
    backends.supervisor.__exit__(None, None, None)

    assert [(1, "0000000001"), (777, "0000000777")] == rows
    assert (2, 1) == (since.queries, since.connections)
    assert len(own) == 1
    assert (False, set()) == (service.alive(), own & folders())


def test_the_folder_of_one_that_was_killed_outright_is_swept_up_by_the_next(start: Start) -> None:
    backends = start()
    first = backends.require(Backend.POSTGRES)
    assert first.pid is not None
    left = {folder for folder in folders() if f"-D\0{folder}/data" in servers()}
    mapped = "".join(Path(f"/proc/{pid}/maps").read_text() for pid in tree(first.pid))
    os.kill(first.pid, signal.SIGKILL)
    wait_for(lambda: None if first.alive() else True, deadline_s=DEADLINE_S)
    backends.require(Backend.POSTGRES)

    assert left
    assert set() == left & folders()
    assert "/PostgreSQL." not in mapped  # in /dev/shm, from where nobody would take it back


def test_a_postgresql_that_was_killed_is_started_again(start: Start) -> None:
    backends = start()
    first = backends.require(Backend.POSTGRES)
    assert first.pid is not None
    os.kill(first.pid, signal.SIGTERM)
    wait_for(lambda: None if first.alive() else True, deadline_s=DEADLINE_S)

    assert first is not backends.require(Backend.POSTGRES)


def test_a_postgresql_of_the_users_own_is_used_and_its_names_are_kept_back(start: Start, dsn: str) -> None:
    backends = start(dsn)
    service = backends.require(Backend.POSTGRES)

    assert (None, True) == (service.pid, "the user's own, over TCP" in service.program)
    assert {"stacklab"} <= set(backends.secrets)


def test_a_query_at_the_end_of_the_table_is_counted_once_by_a_postgresql_of_the_users_own(
    start: Start, dsn: str
) -> None:
    """To plan for known ids, PostgreSQL looks up the ends of the index, and counts that as scans."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ALTER ROLE CURRENT_USER SET plan_cache_mode = auto")  # what PostgreSQL has by itself
    backends = start(dsn)
    backends.require(Backend.POSTGRES)
    before = backends.count(Backend.POSTGRES)
    with psycopg.connect(backends.variables["DATABASE_URL"], autocommit=True) as connection:
        found = connection.execute(SOME, (999_981, 1_000_000)).fetchall()
    after = backends.count(Backend.POSTGRES)
    assert before is not None
    assert after is not None

    assert (20, 1) == (len(found), after.since(before).queries)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("nonsense", "correct the DSN"),
        ("postgresql://me@127.0.0.1:{closed}/db", "connection refused"),
    ],
)
def test_a_wrong_dsn_is_answered_with_one_sentence(start: Start, wrong: str, says: str) -> None:
    with pytest.raises(StageError, match=f"^--postgres: .*{says}"):
        start(wrong.format(closed=free_port())).require(Backend.POSTGRES)


def test_a_wrong_password_is_said_without_naming_anybody(start: Start, dsn: str) -> None:
    with pytest.raises(StageError) as caught:
        start(dsn.replace("stacklab:", "stacklab:not", 1)).require(Backend.POSTGRES)

    assert "password authentication failed" in caught.value.reason
    assert "stacklab" not in caught.value.reason


def test_a_database_without_the_table_is_told_how_to_get_it(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS empty")

    with pytest.raises(StageError, match=r"no table `test` with id, a and b; fill it with `psql DSN -f .*rows.sql`"):
        Postgres(f"{dsn}&options=-csearch_path%3Dempty", child=None)


def test_the_delay_service_counts_requests_connections_and_the_most_at_once(start: Start) -> None:
    backends = start()
    backends.require(Backend.DELAYS)
    port = int(backends.variables["DELAYS_URL"].rpartition(":")[2])
    before = backends.count(Backend.DELAYS)
    for _ in range(3):
        send("127.0.0.1", port, Exchange(summary="delay", target="/?ms=1"))
    after = backends.count(Backend.DELAYS)
    assert before is not None
    assert after is not None
    since = after.since(before)

    assert (3, 3, 1) == (since.queries, since.connections, since.most_at_once)


def test_the_delay_service_works_on_no_more_requests_at_once_than_it_may(start: Start) -> None:
    service = start().require(Backend.DELAYS)
    assert isinstance(service, DelayService)
    address = ("127.0.0.1", int(service.variables["DELAYS_URL"].rpartition(":")[2]))

    def seen(requests: int) -> BackendCount:
        """The counts once so many requests have arrived."""
        there = wait_for(lambda: now if (now := service.count()).queries == requests else None, deadline_s=DEADLINE_S)
        assert there is not None
        return there

    with ExitStack() as ending:
        first, second, third = (
            ending.enter_context(socket.create_connection(address, timeout=DEADLINE_S)) for _ in range(3)
        )
        service.allow(2)
        for connection in (first, second):
            connection.sendall(AN_HOUR)
        seen(2)
        third.sendall(AT_ONCE)
        capped = seen(3)
        service.allow(0)
        answer = third.recv(4096)

    assert 2 == capped.most_at_once
    assert answer.startswith(b"HTTP/1.1 200 OK")


def test_the_cap_of_a_scenario_holds_under_load_and_is_kept_with_the_run(workspace: Path) -> None:
    chosen = ("--stack", "uvicorn-uvloop-bare", "--scenario", "delay-capped")

    code = run(["run", *chosen, *SHORT])

    (done,) = StoredSession.open(locate(workspace / "results", None)).runs
    assert isinstance(done, Completed)
    assert (0, [8]) == (code, [use.seen.most_at_once for use in done.backends if use.seen is not None])


def test_a_run_that_needs_a_database_it_cannot_have_ends_with_2(
    workspace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ("run", "--stack", "gunicorn-sync-flask", "--scenario", "database-row", "--rounds", "1")
    code = run([*words, "--postgres", f"postgresql://me@127.0.0.1:{free_port()}/db"])

    assert (2, []) == (code, list(workspace.glob("results/*")))
    assert "stacklab: --postgres: connection refused; correct the DSN" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--postgres", "postgresql://me@127.0.0.1:1/db"), "--postgres: connection refused; correct the DSN"),
        ((), "FileExistsError: .*; remove .*/postgres to have it rebuilt, or name your own"),
    ],
)
def test_a_database_that_cannot_be_had_fails_the_cells_that_need_it_and_no_others(
    workspace: Path,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    says: str,
) -> None:
    broken = workspace / "cache" / "stacklab"
    broken.mkdir(parents=True)
    (broken / "environments").symlink_to(cache / "environments")
    (broken / "postgres").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(broken.parent))
    stacks = ("--stack", "uvicorn-uvloop-bare", "--stack", "uvicorn-uvloop-starlette")
    scenarios = ("--scenario", "json", "--scenario", "database-row")

    code = run(["run", *stacks, *scenarios, *SHORT, *words])

    session = StoredSession.open(locate(workspace / "results", None))
    reasons = [one.reason for one in session.runs if isinstance(one, Failed)]
    assert (1, 2) == (code, len(reasons))
    assert all(re.search(says, reason) and str(broken) not in reason for reason in reasons), reasons
    assert {"json"} == {one.cell.scenario for one in session.runs if isinstance(one, Completed)}
    told = capfd.readouterr().err
    assert re.search(f"{says}.*; 2 of 4 cells will fail because of this; the rest will be measured", told)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            {"user": "u", "password": "p@/", "host": "127.0.0.1", "port": "54", "dbname": "d"},
            "postgresql://u:p%40%2F@127.0.0.1:54/d?application_name=stacklab",
        ),
        (
            {"user": "u", "host": "/run/pg", "port": "54", "dbname": "d"},
            "postgresql://u@/d?host=%2Frun%2Fpg&port=54&application_name=stacklab",
        ),
        (
            {"host": "127.0.0.1", "dbname": "d", "options": "-c jit=off -cwork_mem=1MB"},
            "postgresql://127.0.0.1/d?options=-c%20jit%3Doff%20-cwork_mem%3D1MB&application_name=stacklab",
        ),
    ],
)
def test_every_driver_gets_the_same_address(parts: dict[str, str], expected: str) -> None:
    assert expected == url(parts)
