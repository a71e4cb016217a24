"""Sessions of stacklab: `nox -l` is the catalogue.

Runs as a script too, on a machine that has CPython and its venv module and nothing else:
`python3 noxfile.py -s demo` makes a small environment with nox in it and goes on inside that.
"""

import os
import re
import subprocess  # noqa: TID251 (before there is anything else: this makes the environment of nox)
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
BOOTSTRAP = HERE / ".nox" / "nox"
TOOLS = ("nox>=2026.10.20", "uv>=0.9")


def bootstrap() -> None:
    """Make the environment of nox where it is missing, and go on there."""
    python = BOOTSTRAP / "bin" / "python"
    ready = BOOTSTRAP / "ready"
    if not ready.exists():
        print(f"making {BOOTSTRAP.relative_to(HERE)} for {' and '.join(TOOLS)}", flush=True)
        venv.create(BOOTSTRAP, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *TOOLS], check=True)
        ready.touch()
    arguments = sys.argv[1:] or ["-l"]
    os.execv(python, [str(python), "-m", "nox", "-f", str(HERE / "noxfile.py"), *arguments])  # noqa: S606 (as above)


if __name__ == "__main__":
    bootstrap()

import nox  # noqa: E402 (only inside the environment that has it)
from nox.virtualenv import HAS_UV, UV  # noqa: E402 (as above)

LISTS = {"-l", "--list", "-h", "--help", "--version"}
"""Options with which nox runs nothing."""

if not HAS_UV and not LISTS.intersection(sys.argv):
    sys.exit(
        'the sessions of this project need uv: install it with `pip install "nox[uv]"`, or write '
        "`python3 noxfile.py` for `nox`, which installs both in .nox"
    )

nox.needs_version = ">=2026.10.20"
nox.options.default_venv_backend = "uv"
nox.options.sessions = ["tests", "lint", "types"]
nox.options.reuse_existing_virtualenvs = True

PYPROJECT = nox.project.load_toml(HERE / "pyproject.toml")
STACKS = {path.stem: tomllib.loads(path.read_text()) for path in sorted((HERE / "targets" / "stacks").glob("*.toml"))}
RECIPES = {
    found["name"]: found
    for found in re.finditer(
        r"<!-- recipe: (?P<name>\S+); needs (?P<needs>.+?) -->\n(?P<text>.*?)<!-- end recipe -->",
        (HERE / "docs" / "bringing-an-app.md").read_text(encoding="utf-8"),
        re.DOTALL,
    )
}
EACH_STACK = [nox.param(found.get("python"), name, id=name) for name, found in STACKS.items()]
"""With the version of Python that its TOML asks for; nox makes the environment for it."""
REPORT = HERE / "reports" / "demo.html"
DEMO = {
    # The first is measured twice: a steady one, and not one that needs four seconds for its slices of a round.
    "stacks": (
        "uvicorn-uvloop-starlette",
        "uvicorn-uvloop-fastapi-threads",
        "gunicorn-gevent-flask",
        "gunicorn-gthread-flask",
        "gunicorn-sync-flask",
    ),
    "scenarios": ("cpu-bound", "io-blocking", "io-async"),
    "profiles": ("gunicorn-gthread-flask", "uvicorn-uvloop-starlette"),
}


def group(name: str) -> list[str]:
    """The requirements of a dependency group."""
    return list(nox.project.dependency_groups(PYPROJECT, name))


def requirements(stack: str) -> list[str]:
    """What the environment of a stack holds: its server, and what the app needs."""
    return [*STACKS[stack]["requirements"], *STACKS[stack].get("app_requirements", [])]


def harness_path(session: nox.Session) -> Path:
    """The one environment that holds the harness, shared by the sessions that measure."""
    return HERE / session.cache_dir / "harness"


@nox.session(venv_backend="none")
def harness(session: nox.Session) -> None:
    """Make the environment of the harness."""
    folder = harness_path(session)
    if not (folder / "bin" / "python").exists():
        session.run(UV, "venv", "--quiet", "--python", sys.executable, str(folder), external=True)
    session.run(UV, "pip", "install", "--quiet", "--python", str(folder), "-e", str(HERE), external=True)


def stacklab(session: nox.Session, *words: str, codes: tuple[int, ...] = (0,)) -> None:
    """Run the command line of the harness."""
    session.run(str(harness_path(session) / "bin" / "stacklab"), *words, external=True, success_codes=codes)


@nox.session(venv_backend="none", requires=["harness"])
def demo(session: nox.Session) -> None:
    """Compare five stacks under three scenarios, profile two, and name the page (four to five minutes)."""
    stacks = [word for name in DEMO["stacks"] for word in ("--stack", name)]
    scenarios = [word for name in DEMO["scenarios"] for word in ("--scenario", name)]
    profiles = [word for name in DEMO["profiles"] for word in ("--stack", name)]
    # A demonstration keeps to its time on a busy machine too: what was disturbed is marked, not measured again.
    stacklab(session, "run", "--preset", "quick", "--repeat-disturbed", "0", *stacks, *scenarios, *session.posargs)
    stacklab(session, "profile", "--session", "latest", *profiles, "--scenario", "cpu-bound")
    stacklab(session, "report", "--format", "text")
    stacklab(session, "report", "-o", str(REPORT))
    print(f"open {REPORT}")


@nox.session(venv_backend="none", requires=["harness"])
def smoke(session: nox.Session) -> None:
    """Measure two stacks for two seconds each and render the page: proves the pipeline, says nothing of speed."""
    stacks = ("--stack", "gunicorn-sync-bare", "--stack", "uvicorn-uvloop-starlette")
    stacklab(session, "run", *stacks, "--scenario", "json", "--rounds", "1", "--warmup", "0.5", "--measure", "2")
    stacklab(session, "report", "--format", "text")
    stacklab(session, "report")


@nox.session(venv_backend="uv", requires=["harness"])
@nox.parametrize("python,stack", EACH_STACK)
def bench(session: nox.Session, stack: str) -> None:
    """Measure one stack in an environment of its own; options after `--` go to `stacklab run`."""
    session.install(*requirements(stack))
    python = str(Path(session.bin) / "python")
    stacklab(session, "run", "--stack", stack, "--python", python, *(session.posargs or ["--preset", "quick"]))
    stacklab(session, "report")


@nox.session(venv_backend="uv", requires=["harness"])
@nox.parametrize("python,stack", EACH_STACK)
def conform(session: nox.Session, stack: str) -> None:
    """Ask one stack everything of the contract, in an environment of its own."""
    session.install(*requirements(stack))
    stacklab(session, "check", stack, "--python", str(Path(session.bin) / "python"))


@nox.session(venv_backend="uv", requires=["harness"])
@nox.parametrize("recipe", [nox.param(name, id=name) for name in RECIPES])
def recipe(session: nox.Session, recipe: str) -> None:
    """Bring an app of somebody else's as docs/bringing-an-app.md says; options after `--` go to `stacklab run`."""
    found = RECIPES[recipe]
    session.install(*found["needs"].split())
    folder = Path(session.create_tmp())
    for name, text in re.findall(r"<!-- recipe file: (\S+) -->\n```\w+\n(.*?)```", found["text"], re.DOTALL):
        (folder / name).write_text(text, encoding="utf-8")
    python = ("--python", str(Path(session.bin) / "python"))
    with session.chdir(folder):
        for command in re.findall(r"^\$ (.+)$", found["text"], re.MULTILINE):
            session.run(*command.split(), success_codes=(0, 1))  # 1: it was done before
        short = ("--rounds", "1", "--measure", "1", "--repeat-disturbed", "0")
        stacklab(session, "run", "--app", "app.toml", *python, *(session.posargs or short))
        stacklab(session, "report", "--format", "text")


@nox.session(venv_backend="none", requires=["harness"])
def report(session: nox.Session) -> None:
    """Render the newest session; options after `--` go to `stacklab report`."""
    stacklab(session, "report", *session.posargs)


@nox.session(venv_backend="none", requires=["harness"])
def reproduce(session: nox.Session) -> None:
    """Put published claims to the test: names, globs or `--all` after `--`; without them, the list of claims."""
    stacklab(session, "reproduce", *session.posargs)
    if session.posargs:
        stacklab(session, "report")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, several files at once, and those that judge times alone; options after `--` go to pytest."""
    session.install("-e", ".", *group("tests"))
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    # Half of what they do is to wait, for servers and for loads; the longest files come first in their own order.
    at_once = str(len(os.sched_getaffinity(0)) + 2)
    spread = ("-n", at_once, "--dist", "loadfile", "--no-loadscope-reorder", "--durations=20")
    session.run("pytest", "-m", "not alone and not minutes", *spread)
    session.run("pytest", "-m", "alone")


@nox.session
def minutes(session: nox.Session) -> None:
    """Run the tests that take a minute each: planted differences that a whole command has to find."""
    session.install("-e", ".", *group("tests"))
    session.run("pytest", "-m", "minutes", *session.posargs)


@nox.session
def servers(session: nox.Session) -> None:
    """Serve an app by old and new versions of each server: what a command line holds must be known to all of them."""
    session.install("-e", ".", *group("tests"))
    session.run("pytest", "tests/process/servers", "--all-versions", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Look for what the rules forbid: style, spelling, and imports against the architecture."""
    session.install("-e", ".", *group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("codespell")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types, strictly."""
    session.install("-e", ".", *group("types"))
    session.run("mypy")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, install it where the sources are out of reach, and measure with it."""
    session.install("build[uv]")
    # Below a checkout, its own targets and scenarios would be found, and not those in the wheel.
    with tempfile.TemporaryDirectory(prefix="stacklab-wheel-") as folder:
        session.run("python", "-m", "build", "--installer", "uv", "--wheel", "--outdir", folder, str(HERE), silent=True)
        (built,) = Path(folder).glob("stacklab-*.whl")
        session.install("--reinstall-package", "stacklab", str(built))
        program = str(Path(session.bin) / "stacklab")
        short = ("--stack", "gunicorn-sync-bare", "--scenario", "json", "--rounds", "1", "--measure", "1")
        with session.chdir(folder):
            session.run(program, "list", silent=True)
            session.run(program, "check", "gunicorn-sync-bare")
            session.run(program, "run", *short)
            session.run(program, "report")
            session.run(program, "init", "workspace")
