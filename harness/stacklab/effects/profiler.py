"""Profiles: py-spy samples every process of a server from outside."""

import json
import re
from importlib.metadata import files
from pathlib import Path
from typing import Final

from stacklab.effects.processes.supervisor import Child, Supervisor, run
from stacklab.errors import StageError
from stacklab.units import Seconds

PTRACE_SCOPE: Final = Path("/proc/sys/kernel/yama/ptrace_scope")

SLACK_S: Final[Seconds] = 30.0
"""What py-spy may take besides sampling: to find Python in each process, and to write the file."""

DENIED: Final = re.compile(r"permission denied|operation not permitted|\bEPERM\b", re.IGNORECASE)

COMMAND_LINE: Final = re.compile(r"^(process \d+):.*", re.DOTALL)
"""The frame with which py-spy begins the stacks of a process when it follows subprocesses."""

INSTALLED: Final = re.compile(r".*/(site-packages|dist-packages|lib/python3\.\d+t?)/")
"""What comes before the path of an installed module within its package, or of the standard library."""

OWN: Final = "./"
"""What the path of a module begins with that is installed nowhere: the app. A report knows its layer by this."""


def record(pid: int, *, seconds: Seconds, rate: int, out: Path, supervisor: Supervisor, log: Path) -> None:
    """Sample a process and all below it, ``rate`` times a second, into a speedscope JSON file without paths.

    py-spy counts whole seconds: what is asked for is rounded, up to one at least. Raises StageError that says why and
    what to do if py-spy may not look into the process, or fails otherwise.
    """
    argv = [str(_program()), "record", "--pid", str(pid), "--subprocesses", "--format", "speedscope"]
    argv += ["--duration", str(max(1, round(seconds))), "--rate", str(rate), "--output", str(out)]
    argv += ["--full-filenames"]  # else it is lost what was installed, and what is the app's
    child = supervisor.spawn(argv, name="py-spy", log=log)
    code = child.wait(seconds + SLACK_S)
    child.stop()
    if code != 0 or not out.exists():
        raise _failure(pid, child, code)
    profile = json.loads(out.read_text(encoding="utf-8"))
    for frame in profile["shared"]["frames"]:
        frame.update(name=COMMAND_LINE.sub(r"\1:", frame["name"]), file=_without_machine(frame["file"]))
    out.write_text(json.dumps(profile, separators=(",", ":")), encoding="utf-8")


def remedy(ptrace_scope: str | None) -> str:
    """What to do about a permission that is missing, given the kernel's setting; None where it has no such setting."""
    match ptrace_scope:
        case "1":
            return "run `sudo sysctl kernel.yama.ptrace_scope=0`, or run stacklab as root"
        case "2":
            return "kernel.yama.ptrace_scope is 2, so only root may: run stacklab as root"
        case "3":
            return "kernel.yama.ptrace_scope is 3, which cannot be lowered before the next boot"
        case _:
            return "run stacklab as root; in a container, start it with `--cap-add SYS_PTRACE`"


def _without_machine(file: str) -> str:
    """The path from the package on, without the folders above it: people mail these files."""
    if not file.startswith("/"):  # no file of the machine: frozen, or made by a program
        return file
    shortened = INSTALLED.sub("", file)
    if not shortened.startswith("/"):
        return shortened
    module = Path(file)
    if module.suffix != ".py":
        return module.name
    root = module.parent
    while (root / "__init__.py").exists():
        root = root.parent
    # A folder that a server was installed into, to lie over the user's environment, is named as it likes.
    installed = any(root.glob("*.dist-info"))
    return f"{'' if installed else OWN}{module.relative_to(root)}"


def _failure(pid: int, child: Child, code: int | None) -> StageError:
    """Why there is no profile."""
    # With --subprocesses, py-spy says of a process that it may not look into that it is no Python; a dump tells more.
    if DENIED.search(run([str(_program()), "dump", "--pid", str(pid)], timeout_s=SLACK_S).output):
        scope = PTRACE_SCOPE.read_text(encoding="ascii").strip() if PTRACE_SCOPE.exists() else None
        return StageError(f"py-spy may not attach to the server: {remedy(scope)}", log_tail=child.tail())
    how = "did not finish" if code is None else f"ended with exit code {code}"
    reason = next((line for line in reversed(child.tail()) if line.startswith("Error: ")), "Error: it gave no reason")
    return StageError(f"py-spy {how}: {reason.removeprefix('Error: ')}", log_tail=child.tail())


def _program() -> Path:
    """The program that the distribution of py-spy has brought."""
    program = next((file for file in files("py-spy") or () if file.name == "py-spy"), None)
    if program is None:
        raise StageError("py-spy is not installed beside stacklab: run `pip install py-spy`")
    return Path(str(program.locate())).resolve()
