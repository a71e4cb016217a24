"""Profiles: py-spy samples every process of a server from outside."""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from stacklab.effects.clock import wait_for
from stacklab.effects.machine.thread_clock import ThreadClock
from stacklab.effects.processes.supervisor import Child, Supervisor, run
from stacklab.errors import StageError
from stacklab.model.layers import OWN
from stacklab.model.measured.profile import Recording, Ticks
from stacklab.units import NS_PER_S, Seconds

PTRACE_SCOPE: Final = Path("/proc/sys/kernel/yama/ptrace_scope")

SLACK_S: Final[Seconds] = 30.0
"""What py-spy may take besides sampling: to find Python in each process, and to write the file."""

DENIED: Final = re.compile(r"permission denied|operation not permitted|\bEPERM\b", re.IGNORECASE)

BEGUN: Final = "Sampling process"
"""What py-spy says when it has found Python and begins."""

BEHIND: Final = "behind in sampling"
"""What py-spy says when it cannot keep up."""

ERRORS: Final = re.compile(r"Errors: (?P<errors>\d+)")
"""What py-spy says at the end. The samples that it counts are stacks, not the times it looked."""

EVERY_S: Final[Seconds] = 0.05
"""Between two readings of the threads' processor time."""

OPTIONS: Final[Mapping[Recording, tuple[str, ...]]] = {
    Recording.GIL: ("--gil",),
    Recording.ALL: ("--idle",),
}

PROCESS: Final = re.compile(r"^process (?P<id>\d+):")
THREAD: Final = re.compile(r"^thread \((?P<id>\w+)\)(?:: (?P<name>.*))?$")
"""The frames with which py-spy begins a stack: the processes from the root on, and the thread.

Where py-spy cannot tell the kernel's number of the thread, it is a hexadecimal address.
"""

INSTALLED: Final = re.compile(r".*/(site-packages|dist-packages|lib/python3\.\d+t?)/")
"""What comes before the path of an installed module within its package, or of the standard library."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """What was sampled of a process tree; the samples lie in files."""

    clock: ThreadClock
    """From the first sample to the last one."""
    ticks: Mapping[Recording, Ticks]


def record(
    pid: int,
    *,
    seconds: Seconds,
    rate: int,
    folder: Path,
    supervisor: Supervisor,
    cpus: Collection[int] | None = None,
    on_begin: Callable[[], None] = lambda: None,
) -> Recorded:
    """Sample a process and all below it, ``rate`` times a second, into one file for each recording, without paths.

    Both recordings are taken at the same time. ``cpus`` None: the profilers run where they like. A process that ends
    meanwhile ends nothing but its own samples. Raises StageError that says why and what to do if py-spy may not look
    into the process, or fails otherwise.
    """
    recorders = [
        _Recorder.start(pid, recording, seconds=seconds, rate=rate, folder=folder, supervisor=supervisor, cpus=cpus)
        for recording in Recording
    ]
    try:
        for recorder in recorders:
            recorder.wait_until(recorder.has_begun, deadline_s=SLACK_S)
        clock = ThreadClock.started(pid)
        on_begin()
        for recorder in recorders:
            recorder.wait_until(recorder.has_sampled, deadline_s=2 * seconds + SLACK_S, meanwhile=clock.read)
        took_s = (clock.end_ns - clock.begin_ns) / NS_PER_S
        return Recorded(clock=clock, ticks={one.recording: one.finish(took_s) for one in recorders})
    except (OSError, ValueError) as error:  # the disk is full: the file is cut short, or ours cannot be written
        raise StageError(f"the samples cannot be written to {folder}: {error}; is the disk full?") from error
    finally:
        for recorder in recorders:
            recorder.child.stop()


def version() -> str:
    """The profiler with its version."""
    return f"py-spy {metadata.version('py-spy')}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Recorder:
    """One py-spy."""

    recording: Recording
    pid: int
    seconds: int
    rate: int
    out: Path
    child: Child

    @classmethod
    def start(
        cls,
        pid: int,
        recording: Recording,
        *,
        seconds: Seconds,
        rate: int,
        folder: Path,
        supervisor: Supervisor,
        cpus: Collection[int] | None,
    ) -> Self:
        out, whole_s = folder / recording.file, max(1, round(seconds))
        argv = [str(_program()), "record", "--pid", str(pid), "--subprocesses", "--format", "speedscope", "--threads"]
        argv += ["--duration", str(whole_s), "--output", str(out)]
        argv += ["--full-filenames"]  # else it is lost what was installed, and what is the app's
        argv += ["--rate", str(recording.rate_hz(rate)), "--nonblocking", *OPTIONS[recording]]
        log = folder / f"profiler-{recording}.log"
        return cls(
            recording=recording,
            pid=pid,
            seconds=whole_s,
            rate=rate,
            out=out,
            child=supervisor.spawn(argv, name="py-spy", log=log, cpus=cpus),
        )

    def has_begun(self) -> bool:
        """Whether it has found Python, and samples."""
        return BEGUN in self.said()

    def has_sampled(self) -> bool:
        """Whether all samples are taken: they are written at the end."""
        return self.out.exists() or self.child.returncode() is not None

    def said(self) -> str:
        return "\n".join(self.child.tail())

    def wait_until(
        self, condition: Callable[[], bool], *, deadline_s: Seconds, meanwhile: Callable[[], None] = lambda: None
    ) -> None:
        """Wait for it, and do something meanwhile; raises StageError if py-spy ends without it, or takes too long."""

        def holds() -> bool | None:
            meanwhile()
            return condition() or self.child.returncode() is not None or None

        if wait_for(holds, deadline_s=deadline_s, every_s=EVERY_S) is None or not condition():
            raise _failure(self.pid, self.child, self.child.returncode())

    def finish(self, took_s: Seconds) -> Ticks:
        """Wait for its end, and put its samples into the form that is kept. ``took_s``: since the first sample."""
        code = self.child.wait(SLACK_S)
        if code != 0 or not self.out.exists():
            raise _failure(self.pid, self.child, code)
        document = tidy(json.loads(self.out.read_text(encoding="utf-8")))
        self.out.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
        said = self.said()
        errors = ERRORS.search(said)
        if errors is None:
            raise StageError(f"{version()} does not say how many samples failed", log_tail=self.child.tail())
        # It looks so often, however long that takes; less only if all processes end before.
        taken = min(self.seconds, took_s) * self.recording.rate_hz(self.rate)
        return Ticks(taken=max(1, round(taken)), errors=int(errors["errors"]), behind=BEHIND in said)


def tidy(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document of py-spy in the form that is kept: each thread's stacks once, with their number, and no paths.

    It stays a speedscope document. Beside the name of each thread, ``pid``, ``tid`` and ``thread`` say whose it is.
    """
    frames = document["shared"]["frames"]
    marks = {index: mark for index, frame in enumerate(frames) if (mark := _mark(frame)) is not None}
    threads: dict[tuple[int, int, str], Counter[tuple[int, ...]]] = {}
    for profile in document["profiles"]:
        for sample, weight in zip(profile["samples"], profile["weights"], strict=True):
            whose = _whose([marks[index] for index in sample if index in marks])
            stack = tuple(index for index in sample if index not in marks)
            if stack and weight > 0:
                threads.setdefault(whose, Counter())[stack] += 1
    return {
        "$schema": document["$schema"],
        "exporter": document.get("exporter", "py-spy"),
        "shared": {
            "frames": [
                {"name": "", "file": ""} if index in marks else {**frame, "file": _without_machine(frame["file"] or "")}
                for index, frame in enumerate(frames)
            ]
        },
        "profiles": [
            {
                "type": "sampled",
                "name": f"process {pid}, thread {tid}: {thread}",
                "pid": pid,
                "tid": tid,
                "thread": thread,
                "unit": "none",
                "startValue": 0,
                "endValue": stacks.total(),
                "samples": [list(stack) for stack in stacks],
                "weights": list(stacks.values()),
            }
            for (pid, tid, thread), stacks in sorted(threads.items())
        ],
    }


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


class _Mark(NamedTuple):
    """A frame that is not one, but says whose the stack is."""

    is_process: bool
    number: int
    name: str


def _mark(frame: Mapping[str, Any]) -> _Mark | None:
    if frame["file"]:
        return None
    process, thread = PROCESS.match(frame["name"]), THREAD.match(frame["name"])
    if process:
        return _Mark(is_process=True, number=int(process["id"]), name="")
    return thread and _Mark(is_process=False, number=int(thread["id"], 0), name=thread["name"] or "")


def _whose(marks: Sequence[_Mark]) -> tuple[int, int, str]:
    """Process, thread and the thread's name; 0 for what is not said. The innermost process is meant."""
    process = next((mark.number for mark in reversed(marks) if mark.is_process), 0)
    thread = next((mark for mark in reversed(marks) if not mark.is_process), _Mark(False, 0, ""))
    return process, thread.number, thread.name


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
    program = next((file for file in metadata.files("py-spy") or () if file.name == "py-spy"), None)
    if program is None:
        raise StageError("py-spy is not installed beside stacklab: run `pip install py-spy`")
    return Path(str(program.locate())).resolve()
